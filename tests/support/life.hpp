// tests/support/life.hpp
#pragma once

#include "tests/support/agenda.hpp"

#include <utility>
#include <vector>

namespace troupe::tests {

/// Whether a process runs, and what waits until it does.
class life {
public:
  explicit life(agenda& when) : when_(when) {}

  bool running() const noexcept { return state_ == state::running; }
  bool frozen() const noexcept { return state_ == state::frozen; }
  bool dead() const noexcept { return state_ == state::dead; }

  /// Now, when the process goes on, or never when it is dead by then.
  void then(agenda::task what) {
    if (running())
      what();
    else if (frozen())
      waiting_.push_back(std::move(what));
  }

  void freeze() {
    if (running())
      state_ = state::frozen;
  }
  void thaw() {
    if (!frozen())
      return;
    state_ = state::running;
    for (auto& what : std::exchange(waiting_, {}))
      when_.after(0, [this, what = std::move(what)] { then(what); });
  }
  void die() {
    state_ = state::dead;
    waiting_.clear();
  }

private:
  enum class state { running, frozen, dead };

  agenda& when_;
  state state_ = state::running;
  std::vector<agenda::task> waiting_;
};

} // namespace troupe::tests
