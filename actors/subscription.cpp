#include "actors/subscription.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

bool subscription::wanted(frame_class kind) const noexcept {
  switch (kind) {
  case frame_class::typing: return wants_.typing;
  case frame_class::presence: return wants_.presence;
  case frame_class::marks: return wants_.marks;
  case frame_class::message:
  case frame_class::history:
  case frame_class::answer: break;
  }
  return true;
}

bool subscription::begin_catching() {
  if (state_ == state::catching && held_)
    return false;
  state_ = state::catching;
  if (!held_)
    held_ = std::make_unique<holding>();
  return true;
}

bool subscription::pass_slowly(const room_frame& what) {
  if (state_ == state::gapped || !held_) {
    if (what.kind == frame_class::presence || what.kind == frame_class::marks)
      stale_ = true;
    return what.kind == frame_class::answer;
  }
  if (what.kind == frame_class::typing)
    return false;
  if (held_->frames.size() < held_max || what.kind == frame_class::answer) {
    held_->frames.push_back(what);
  } else if (what.kind == frame_class::message) {
    held_->lost_to = what.seq;
  } else {
    stale_ = true;
  }
  return false;
}

subscription::outcome subscription::dropped(const room_frame& what) {
  outcome out;
  if (what.kind == frame_class::presence || what.kind == frame_class::marks)
    stale_ = true;
  if (what.kind == frame_class::message && state_ == state::live && what.seq != 0) {
    state_ = state::gapped;
    out.gap = protocol::server::gap{"", what.seq, what.seq, "slow"};
  }
  return out;
}

/// All that is left of what was held when pushes stop: the rest stands in the log.
std::vector<room_frame> subscription::held_acks() {
  std::vector<room_frame> acks;
  const auto held = std::exchange(held_, nullptr);
  for (auto& f : held->frames) {
    if (f.kind == frame_class::answer)
      acks.push_back(std::move(f));
    else if (f.kind == frame_class::presence || f.kind == frame_class::marks)
      stale_ = true;
  }
  return acks;
}

subscription::outcome subscription::caught_up(protocol::seq_t end, bool complete, std::uint64_t version) {
  outcome out;
  if (state_ != state::catching || !held_)
    return out;
  covered_ = end;
  const bool hole = held_->lost_to > end;
  if (!complete || hole) {
    state_ = state::gapped;
    if (complete)
      out.gap = protocol::server::gap{"", end + 1, held_->lost_to, "slow"};
    out.send = held_acks();
    return out;
  }
  state_ = state::live;
  const auto held = std::exchange(held_, nullptr);
  for (auto& f : held->frames) {
    const bool shown =
      (f.kind == frame_class::message && f.seq <= end) || (f.kind == frame_class::presence && f.seq <= version);
    if (!shown)
      out.send.push_back(std::move(f));
  }
  out.resync = std::exchange(stale_, false);
  return out;
}

subscription::outcome subscription::catching_failed() {
  outcome out;
  if (state_ != state::catching || !held_)
    return out;
  state_ = state::gapped;
  out.send = held_acks();
  return out;
}

void subscription::restart() {
  state_ = state::catching;
  covered_ = shown_ = 0;
  held_ = std::make_unique<holding>();
}

bool subscription::take_stale() noexcept { return state_ == state::live && std::exchange(stale_, false); }

} // namespace troupe::actors
