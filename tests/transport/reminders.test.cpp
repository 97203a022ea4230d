// How an I/O thread wakes the actors that live on it.
#include "actors/unit_actor.hpp"
#include "transport/io_thread.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <utility>
#include <vector>

using namespace troupe;
using namespace troupe::transport;
using actors::alarm_rang;

namespace {

using sleeper_actor = caf::typed_actor<caf::reacts_to<alarm_rang>>;

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

/// Ends when it was woken as often as it had asked for.
class sleeper final : public actors::unit_actor<sleeper_actor> {
public:
  struct woken {
    std::int64_t at_ms = 0; ///< What it had asked for …
    std::int64_t when_ms = 0;
    bool here = false;
  };
  using log = std::vector<woken>;

  sleeper(caf::actor_config& config, actors::actor_unit& unit, io_thread& thread, std::vector<std::int64_t> delays,
          std::promise<log>& done)
    : unit_actor(config, unit), thread_(thread), delays_(std::move(delays)), done_(done) {}

  behavior_type make_behavior() override {
    for (const auto delay : delays_)
      remind(delay, {now_ms() + delay});
    return {[this](alarm_rang what) {
      log_.push_back({what.at, now_ms(), thread_.here()});
      if (log_.size() < delays_.size())
        return;
      done_.set_value(log_);
      quit();
    }};
  }

private:
  io_thread& thread_;
  std::vector<std::int64_t> delays_;
  std::promise<log>& done_;
  log log_;
};

/// Ends at once, with something still to come.
class leaver final : public actors::unit_actor<sleeper_actor> {
public:
  leaver(caf::actor_config& config, actors::actor_unit& unit, std::vector<std::int64_t> delays, bool& woken)
    : unit_actor(config, unit), delays_(std::move(delays)), woken_(woken) {}

  behavior_type make_behavior() override {
    for (const auto delay : delays_)
      remind(delay, {});
    quit();
    return {[this](alarm_rang) { woken_ = true; }};
  }

private:
  std::vector<std::int64_t> delays_;
  bool& woken_;
};

struct place {
  caf::actor_system_config config;
  caf::actor_system system{config};
  io_thread thread{&system, 0};

  place() { thread.start(); }
  ~place() { thread.stop(); }

  /// Who holds nothing of it lets it go: the thread does not keep who waits.
  template <class T, class... Args>
  [[nodiscard]] sleeper_actor spawn(Args&&... args) {
    return actors::spawn_on<T>(thread, std::forward<Args>(args)...);
  }
};

} // namespace

SCENARIO("actors are woken on their thread, in the order of their times and never too early") {
  place one;
  std::promise<sleeper::log> done;
  const auto held = one.spawn<sleeper>(one.thread, std::vector<std::int64_t>{120, 0, 60, 1}, done);
  const auto woken = done.get_future().get();
  REQUIRE(woken.size() == 4);
  for (std::size_t i = 0; i < woken.size(); ++i) {
    CAPTURE(i);
    CHECK(woken[i].here);
    CHECK(woken[i].when_ms >= woken[i].at_ms);
    if (i > 0)
      CHECK(woken[i].when_ms >= woken[i - 1].when_ms);
  }
  CHECK(woken[2].at_ms < woken[3].at_ms);
}

SCENARIO("who has ended is not woken, and holds nothing up") {
  bool woken = false;
  {
    place one;
    const auto left = one.spawn<leaver>(std::vector<std::int64_t>{1, 30, 3'600'000}, woken);
    std::promise<sleeper::log> done;
    const auto held = one.spawn<sleeper>(one.thread, std::vector<std::int64_t>{100}, done);
    done.get_future().get();
  }
  CHECK_FALSE(woken);
}
