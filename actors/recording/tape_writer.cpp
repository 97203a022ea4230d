#include "actors/recording/tape_writer.hpp"

#include "actors/recording/tape.hpp"
#include "actors/recording/tape_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace troupe::actors {

using namespace recording;

tape_writer::tape_writer(const std::string& directory, const std::string& node, time_ms now, std::size_t waiting_max)
  : path_(directory + "/" + node + "-" + std::to_string(now) + ".tape"), waiting_max_(waiting_max) {
  std::filesystem::create_directories(directory);
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640);
  if (file_ < 0)
    throw std::runtime_error("cannot create the tape " + path_ + ": " + std::strerror(errno));
  waiting_ = tape_magic;
  thread_ = std::thread([this] { write_all(); });
}

tape_writer::~tape_writer() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  thread_.join();
  ::close(file_);
}

std::uint64_t tape_writer::begin(const room_snapshot& start, const config::room_policy& policy,
                                 std::uint32_t mailbox_max, time_ms now) {
  const auto tape = next_tape_.fetch_add(1, std::memory_order_relaxed);
  append(encode_record(begun{tape, now, start, policy, mailbox_max}));
  return tape;
}

void tape_writer::command(std::uint64_t tape, const to_room::command& what, time_ms now) {
  if (!stopped())
    append(encode_record(received{tape, now, what}));
}

void tape_writer::effects(std::uint64_t tape, const room_effects& what) {
  if (!stopped())
    append(encode_record(emitted{tape, what}));
}

void tape_writer::end(std::uint64_t tape) { append(encode_record(ended{tape, "the room left memory"})); }

void tape_writer::append(std::string record) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped())
      return;
    if (waiting_.size() + record.size() > waiting_max_) {
      stopped_.store(true, std::memory_order_relaxed);
      waiting_ += encode_record(ended{0, "the file could not keep up: recording stopped here"});
    } else {
      waiting_ += record;
    }
  }
  wake_.notify_one();
}

void tape_writer::flush() {
  std::unique_lock lock(mutex_);
  written_.wait(lock, [this] { return waiting_.empty() && !writing_; });
}

void tape_writer::write_all() {
  std::string batch;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
    if (waiting_.empty())
      return;
    batch.clear();
    std::swap(batch, waiting_);
    writing_ = true;
    lock.unlock();
    for (std::size_t at = 0; at < batch.size();) {
      const auto n = ::write(file_, batch.data() + at, batch.size() - at);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0) {
        stopped_.store(true, std::memory_order_relaxed);
        break;
      }
      at += static_cast<std::size_t>(n);
    }
    lock.lock();
    writing_ = false;
    written_.notify_all();
  }
}

} // namespace troupe::actors
