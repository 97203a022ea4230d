// actors/middleware/line_writer.hpp
#pragma once

#include "actors/counters.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace troupe::actors {

/// Where lines end up. Everything but `give_up` is called on the writer's own thread.
class log_sink {
public:
  virtual ~log_sink() = default;
  /// Whole lines; it may keep the thread waiting. Errors: false, and the lines are lost.
  virtual bool write(std::string_view lines) = 0;
  /// A file was moved away: the next lines go into a new one.
  virtual void reopen() {}
  /// From any thread: a write that waits returns soon.
  virtual void give_up() noexcept {}
};

/// "stdout", or a file that is made, with its directory, when the first line comes, and appended to.
std::unique_ptr<log_sink> open_sink(const std::string& where);

/// Lines on their way to a sink that may be slow.
///
/// Threading: `put` and `reopen` from any thread; neither waits for the sink. A thread of its own, started by the first
///            line, makes every call of the sink.
/// Delay:     the thread waits `gather_ms` for more before it writes, unless half of what may wait is there: to wake it for
///            each line would cost whoever puts it more than the line.
/// Ordering:  lines keep the order in which they were put.
/// Overload:  at most `lines_max` lines and `waiting_bytes_max` bytes wait, beside those that the sink is being given.
///            One more is dropped; or, when there is a `last_line`, the writer stops for good with that.
/// Errors:    lines that the sink does not take count as dropped; a writer with a `last_line` stops then.
/// Lifetime:  the destructor writes what waits, but gives a sink that takes nothing up after `last_words_ms`.
class line_writer {
public:
  static constexpr std::size_t waiting_bytes_max = 64 * 1024 * 1024;
  static constexpr std::int64_t last_words_ms = 2'000;
  static constexpr std::int64_t gather_ms = 10;

  struct rules {
    std::size_t lines_max = 8'192;
    std::string first_line{}; ///< Before everything else, when not empty.
    std::string last_line{};  ///< When not empty, the writer stops with it instead of dropping.
  };

  /// `warn` is told, on the writer's thread, when the sink begins to fail; it says where the lines should have gone.
  line_writer(std::unique_ptr<log_sink> to, rules how, counter& dropped, std::function<void()> warn);
  ~line_writer();
  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;

  /// A line without its end. False when it was dropped.
  bool put(std::string_view line);
  void reopen();
  /// Waits until everything put so far has been given to the sink.
  void flush();

private:
  bool presses() const { return lines_ >= rules_.lines_max / 2 || waiting_.size() >= waiting_bytes_max / 2; }
  void write_all();

  std::unique_ptr<log_sink> sink_;
  const rules rules_;
  counter& dropped_;
  const std::function<void()> warn_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::string waiting_; ///< Lines back to back.
  std::size_t lines_ = 0;
  bool writing_ = false;
  bool stopped_ = false;
  bool reopen_ = false;
  bool closing_ = false;
  bool flushing_ = false;
  std::thread thread_;
};

} // namespace troupe::actors
