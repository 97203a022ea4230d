// tests/actors/middleware/kept_lines.hpp
#pragma once

#include "actors/middleware/line_writer.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

namespace troupe::tests {

/// Where a writer's lines go in a test. It can be held closed.
class kept_lines {
public:
  std::unique_ptr<actors::log_sink> sink() { return std::make_unique<into>(*this); }

  void set_open(bool what) {
    const std::lock_guard lock(mutex_);
    open_ = what;
    changed_.notify_all();
  }

  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> all;
    std::istringstream in{text_};
    for (std::string line; std::getline(in, line);)
      all.push_back(line);
    return all;
  }

private:
  class into final : public actors::log_sink {
  public:
    explicit into(kept_lines& to) : to_(to) {}
    bool write(std::string_view lines) override {
      std::unique_lock lock(to_.mutex_);
      to_.changed_.wait(lock, [&] { return to_.open_; });
      to_.text_ += lines;
      return true;
    }

  private:
    kept_lines& to_;
  };

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  bool open_ = true;
};

} // namespace troupe::tests
