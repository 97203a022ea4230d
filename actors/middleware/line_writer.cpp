#include "actors/middleware/line_writer.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace troupe::actors {

namespace {

constexpr int poll_ms = 100;
constexpr std::size_t pipe_bytes = 4'096; ///< A pipe that is ready takes so many without waiting.

/// A descriptor that is not waited for longer than `give_up` allows.
class descriptor_sink : public log_sink {
public:
  bool write(std::string_view lines) override {
    while (!lines.empty()) {
      pollfd ready{descriptor(), POLLOUT, 0};
      if (ready.fd < 0)
        return false;
      const auto events = ::poll(&ready, 1, poll_ms);
      if (given_up_.load(std::memory_order_relaxed) && events <= 0)
        return false;
      if (events == 0 || (events < 0 && errno == EINTR))
        continue;
      const auto n = ::write(ready.fd, lines.data(), std::min(lines.size(), pipe_bytes));
      if (n < 0 && (errno == EINTR || errno == EAGAIN))
        continue;
      if (n <= 0)
        return false;
      lines.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  void give_up() noexcept override { given_up_.store(true, std::memory_order_relaxed); }

protected:
  /// Negative when there is none.
  virtual int descriptor() = 0;

private:
  std::atomic<bool> given_up_{false};
};

class standard_output final : public descriptor_sink {
  int descriptor() override { return STDOUT_FILENO; }
};

class file_sink final : public descriptor_sink {
public:
  explicit file_sink(std::string path) : path_(std::move(path)) {}
  ~file_sink() override { close(); }
  file_sink(const file_sink&) = delete;
  file_sink& operator=(const file_sink&) = delete;

  void reopen() override { close(); }

private:
  int descriptor() override {
    if (file_ < 0) {
      std::error_code ignored; // Then the file cannot be opened either.
      std::filesystem::create_directories(std::filesystem::path{path_}.parent_path(), ignored);
      file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    }
    return file_;
  }

  void close() {
    if (file_ >= 0)
      ::close(std::exchange(file_, -1));
  }

  std::string path_;
  int file_ = -1;
};

} // namespace

std::unique_ptr<log_sink> open_sink(const std::string& where) {
  if (where == "stdout")
    return std::make_unique<standard_output>();
  return std::make_unique<file_sink>(where);
}

line_writer::line_writer(std::unique_ptr<log_sink> to, rules how, counter& dropped, std::function<void()> warn)
  : sink_(std::move(to)), rules_(std::move(how)), dropped_(dropped), warn_(std::move(warn)) {}

line_writer::~line_writer() {
  {
    std::unique_lock lock(mutex_);
    closing_ = true;
    wake_.notify_one();
    if (!thread_.joinable())
      return;
    if (!idle_.wait_for(lock, std::chrono::milliseconds(last_words_ms),
                        [this] { return waiting_.empty() && !writing_; }))
      sink_->give_up();
  }
  thread_.join();
}

bool line_writer::put(std::string_view line) {
  bool full = false;
  {
    const std::lock_guard lock(mutex_);
    full = lines_ >= rules_.lines_max || waiting_.size() + line.size() >= waiting_bytes_max;
    if (stopped_ || full) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      if (stopped_ || rules_.last_line.empty())
        return false;
      stopped_ = true;
      line = rules_.last_line;
    }
    if (!thread_.joinable()) {
      if (!rules_.first_line.empty())
        (waiting_ += rules_.first_line) += '\n';
      thread_ = std::thread([this] { write_all(); });
    }
    const bool pressed = presses();
    (waiting_ += line) += '\n';
    ++lines_;
    if (writing_ || (lines_ > 1 && presses() == pressed))
      return !stopped_; // The thread looks again by itself.
  }
  wake_.notify_one();
  return !full;
}

void line_writer::reopen() {
  {
    const std::lock_guard lock(mutex_);
    reopen_ = true;
  }
  wake_.notify_one();
}

void line_writer::flush() {
  std::unique_lock lock(mutex_);
  flushing_ = true;
  wake_.notify_one();
  idle_.wait(lock, [this] { return waiting_.empty() && !writing_; });
}

void line_writer::write_all() {
  std::string batch;
  bool failing = false;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return closing_ || reopen_ || !waiting_.empty(); });
    if (waiting_.empty() && !reopen_)
      return;
    wake_.wait_for(lock, std::chrono::milliseconds(gather_ms),
                   [this] { return closing_ || reopen_ || flushing_ || presses(); });
    flushing_ = false;
    batch.clear();
    std::swap(batch, waiting_);
    const auto lines = std::exchange(lines_, 0);
    const bool anew = std::exchange(reopen_, false);
    writing_ = true;
    lock.unlock();
    // What was put before the call to reopen may come to stand in the new file: nothing is lost by that.
    if (anew)
      sink_->reopen();
    const bool written = batch.empty() || sink_->write(batch);
    if (!written) {
      dropped_.fetch_add(lines, std::memory_order_relaxed);
      if (!std::exchange(failing, true))
        warn_();
    } else if (!batch.empty()) {
      failing = false;
    }
    lock.lock();
    stopped_ = stopped_ || (!written && !rules_.last_line.empty());
    writing_ = false;
    if (waiting_.empty())
      idle_.notify_all();
  }
}

} // namespace troupe::actors
