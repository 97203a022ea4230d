#include "actors/cluster/guest_place.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace troupe::actors {

namespace {

constexpr std::int64_t tick_ms = 1'000;

} // namespace

guest_place::guest_place(caf::actor_config& config, actor_unit& unit, wire_acceptor& door, std::size_t io_thread,
                         const caf::strong_actor_ptr& guest)
  : unit_actor(config, unit), door_(door), io_thread_(io_thread), guest_(caf::actor_cast<guest_actor>(guest)) {
  monitor(guest_);
  set_down_handler([this](const caf::down_msg&) { end(ending::by_peer); });
}

guest_place::behavior_type guest_place::make_behavior() {
  // Here, because this runs on the connection's own thread.
  self_ = caf::actor_cast<caf::strong_actor_ptr>(this);
  connection_ = door_.attach(io_thread_, *this, {"guest", "troupe-guest"});
  connection_.events->opened();
  remind(tick_ms, {});
  return {
    [this](frame_atom, const std::string& text) {
      if (connection_.events)
        connection_.events->received(text);
    },
    [this](taken_atom, std::uint64_t bytes) {
      unacked_bytes_ -= std::min(bytes, unacked_bytes_);
      flush();
    },
    [this](flush_guest) {
      woken_ = false;
      flush();
    },
    [this](alarm_rang) {
      using namespace std::chrono;
      remind(tick_ms, {});
      if (connection_.events)
        connection_.events->tick(duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
    },
  };
}

void guest_place::on_exit() {
  end(ending::by_us);
  guest_ = nullptr;
  self_ = nullptr;
}

void guest_place::wake() {
  if (std::exchange(woken_, true))
    return;
  send(this, flush_guest{});
}

void guest_place::flush() {
  if (!connection_.events || unacked_bytes_ >= unacked_bytes_max)
    return;
  std::vector<shared_frame> frames;
  connection_.events->take(frames, unacked_bytes_max - unacked_bytes_);
  for (const auto& frame : frames) {
    const auto text = frame->payload();
    unacked_bytes_ += text.size();
    send(guest_, frame_atom::value, std::string{text});
  }
}

/// What still waits goes out whatever the guest has taken: it is bounded.
void guest_place::close(protocol::close_code why, std::string_view reason) {
  unacked_bytes_ = 0;
  flush();
  send(guest_, closed_atom::value, static_cast<std::uint16_t>(why), std::string{reason});
  end(ending::by_us);
}

void guest_place::drop() { end(ending::by_us); }

void guest_place::end(ending why) {
  if (auto* events = std::exchange(connection_.events, nullptr)) {
    events->closed(why);
    quit();
  }
}

} // namespace troupe::actors
