// tests/support/agenda.hpp
#pragma once

#include "tests/support/dice.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tests {

/// The time of a simulation in milliseconds from its beginning, and what is to happen when. What is due at
/// one time happens in an order drawn from the seed: whoever needs an order queues by himself.
class agenda {
public:
  using task = std::function<void()>;

  explicit agenda(dice& chance) : chance_(chance) {}

  std::int64_t now() const noexcept { return now_; }
  void at(std::int64_t time, task what) { tasks_.push({time < now_ ? now_ : time, chance_(), std::move(what)}); }
  void after(std::int64_t wait_ms, task what) { at(now_ + wait_ms, std::move(what)); }

  bool is_due() const { return !tasks_.empty() && tasks_.top().time <= now_; }
  std::optional<std::int64_t> next() const { return tasks_.empty() ? std::nullopt : std::optional{tasks_.top().time}; }
  void run_next() {
    const auto what = std::move(const_cast<entry&>(tasks_.top()).what);
    tasks_.pop();
    what();
  }
  void pass_to(std::int64_t time) noexcept { now_ = time; }
  void clear() { tasks_ = {}; }

private:
  struct entry {
    std::int64_t time = 0;
    std::uint64_t lot = 0;
    task what;
    bool operator<(const entry& other) const { return time != other.time ? time > other.time : lot > other.lot; }
  };

  dice& chance_;
  std::int64_t now_ = 0;
  std::priority_queue<entry> tasks_;
};

} // namespace troupe::tests
