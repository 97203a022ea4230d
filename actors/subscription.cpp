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
    if (held_->lost_from == 0)
      held_->lost_from = what.seq;
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

std::vector<room_frame> subscription::held_acks() {
  std::vector<room_frame> acks;
  if (held_)
    for (auto& f : held_->frames)
      if (f.kind == frame_class::answer)
        acks.push_back(std::move(f));
      else if (f.kind == frame_class::presence || f.kind == frame_class::marks)
        stale_ = true;
  held_.reset();
  return acks;
}

subscription::outcome subscription::caught_up(protocol::seq_t end, bool complete, std::uint64_t version) {
  outcome out;
  if (state_ != state::catching || !held_)
    return out;
  covered_ = end;
  if (!complete) {
    state_ = state::gapped;
    out.send = held_acks();
    return out;
  }
  auto held = std::exchange(held_, nullptr);
  state_ = state::live;
  const bool hole = held->lost_to > end;
  for (auto& f : held->frames) {
    const bool message = f.kind == frame_class::message;
    if (message && (f.seq <= end || (hole && f.seq >= held->lost_from)))
      continue;
    if (f.kind == frame_class::presence && f.seq <= version)
      continue;
    out.send.push_back(std::move(f));
  }
  if (hole) {
    state_ = state::gapped;
    out.gap = protocol::server::gap{"", std::max(held->lost_from, end + 1), held->lost_to, "slow"};
    return out;
  }
  out.resync = std::exchange(stale_, false);
  return out;
}

subscription::outcome subscription::catching_failed() {
  outcome out;
  if (state_ != state::catching)
    return out;
  state_ = state::gapped;
  out.send = held_acks();
  return out;
}

bool subscription::take_stale() noexcept { return state_ == state::live && std::exchange(stale_, false); }

} // namespace troupe::actors
