// checker/recorder.hpp
//
// Where tests, bench and prove write what they saw.
#pragma once

#include "checker/event_sink.hpp"
#include "checker/history.hpp"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <string>

namespace troupe::checker {

/// Appends events to a file of JSON lines.
///
/// Ordering:   lines stand in the order of the calls.
/// Threading:  callable from any thread.
/// Durability: buffered; `flush` and the destructor write what is held. The destructor appends `end`,
///             so that a file that was cut off is recognised.
/// Errors:     the constructor throws std::system_error when the file cannot be made; a later failure
///             to write shows as a missing `end`.
class recorder final : public event_sink {
public:
  explicit recorder(const std::filesystem::path& file);
  ~recorder() override;
  recorder(const recorder&) = delete;
  recorder& operator=(const recorder&) = delete;

  void append(event what) override;
  void flush();
  std::uint64_t next_connection() override;

  const std::filesystem::path& file() const { return path_; }

private:
  void append_locked(event& what);
  void flush_locked();

  std::filesystem::path path_;
  std::mutex mutex_;
  std::FILE* out_ = nullptr;
  std::string buffer_;
  std::uint64_t connections_ = 0;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

} // namespace troupe::checker
