#include "actors/outbound_queue.hpp"

#include <utility>

namespace troupe::actors {

std::size_t outbound_queue::depth_for(frame_class kind, const config::outbound_options& bounds) noexcept {
  switch (kind) {
  case frame_class::typing: return bounds.drop_typing_bytes;
  case frame_class::presence:
  case frame_class::marks: return bounds.conflate_bytes;
  case frame_class::message: return bounds.gap_bytes;
  case frame_class::history: return bounds.bytes_max / 4 * 3;
  case frame_class::answer: break;
  }
  return bounds.bytes_max;
}

queued outbound_queue::push(shared_frame what, frame_class kind, const config::outbound_options& bounds) {
  const auto size = what->size();
  const bool alone = kind == frame_class::history && bytes_ == 0; // Or one that is longer would never come.
  if (bytes_ + size > depth_for(kind, bounds) && !alone)
    return kind == frame_class::answer ? queued::overflow : queued::dropped;
  bytes_ += size;
  frames_.push_back(std::move(what));
  return queued::taken;
}

std::size_t outbound_queue::take(std::vector<shared_frame>& out, std::size_t bytes_max) {
  std::size_t taken = 0;
  while (next_ < frames_.size() && taken < bytes_max) {
    taken += frames_[next_]->size();
    out.push_back(std::move(frames_[next_++]));
  }
  bytes_ -= taken;
  constexpr std::size_t small = 4; // An idle connection holds next to nothing.
  if (next_ == frames_.size()) {
    next_ = 0;
    frames_.clear();
    if (frames_.capacity() > small)
      std::vector<shared_frame>{}.swap(frames_);
  } else if (next_ > frames_.size() / 2) {
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(next_));
    next_ = 0;
  }
  return taken;
}

void outbound_queue::clear() noexcept {
  std::vector<shared_frame>{}.swap(frames_);
  next_ = 0;
  bytes_ = 0;
}

} // namespace troupe::actors
