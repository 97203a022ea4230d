// tests/support/history_in_memory.hpp
#pragma once

#include "checker/event_sink.hpp"
#include "checker/history.hpp"
#include "tests/support/stage.hpp"

#include <string>
#include <utility>

namespace troupe::tests {

/// What a recorder would write, by the clock of a simulation.
class history_in_memory final : public checker::event_sink {
public:
  explicit history_in_memory(const stage& world) : world_(world) {}

  void append(checker::event what) override {
    what.at_us = world_.when.now() * 1'000;
    if (world_.traces_frames) {
      std::string line;
      checker::append_line(line, what);
      world_.trace("#{} {}", history_.events.size() + 1, line);
    }
    history_.events.push_back(std::move(what));
  }
  std::uint64_t next_connection() override { return ++connections_; }

  const checker::history& history() const noexcept { return history_; }

private:
  const stage& world_;
  checker::history history_;
  std::uint64_t connections_ = 0;
};

} // namespace troupe::tests
