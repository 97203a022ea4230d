#include "checker/recorder.hpp"

#include <cerrno>
#include <system_error>

namespace troupe::checker {
namespace {

constexpr std::size_t buffer_bytes_max = 256 * 1024;

} // namespace

recorder::recorder(const std::filesystem::path& file) : path_{file}, out_{std::fopen(file.c_str(), "we")} {
  if (!out_)
    throw std::system_error{errno, std::generic_category(), file.string()};
}

recorder::~recorder() {
  event last;
  last.ev = happening::end;
  append_locked(last);
  flush_locked();
  std::fclose(out_);
}

void recorder::append(event what) {
  const std::lock_guard lock{mutex_};
  append_locked(what);
}

void recorder::flush() {
  const std::lock_guard lock{mutex_};
  flush_locked();
}

std::uint64_t recorder::next_connection() {
  const std::lock_guard lock{mutex_};
  return ++connections_;
}

void recorder::append_locked(event& what) {
  const auto since = std::chrono::steady_clock::now() - started_;
  what.at_us = std::chrono::duration_cast<std::chrono::microseconds>(since).count();
  append_line(buffer_, what);
  buffer_ += '\n';
  if (buffer_.size() >= buffer_bytes_max)
    flush_locked();
}

void recorder::flush_locked() {
  std::fwrite(buffer_.data(), 1, buffer_.size(), out_);
  std::fflush(out_);
  buffer_.clear();
}

} // namespace troupe::checker
