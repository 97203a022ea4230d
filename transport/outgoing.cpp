#include "transport/outgoing.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <cassert>

namespace troupe::transport {

bool outgoing::append_own(std::string_view bytes) {
  if (head_.size() + tail_.size() + bytes.size() > own_bytes_max)
    return false;
  (has_batch() ? tail_ : head_).append(bytes);
  return true;
}

void outgoing::load(std::vector<actors::shared_frame>& batch) {
  assert(!has_batch());
  // The end of a batch moves its tail to the head, so nothing can be left behind the new one.
  assert(tail_.empty());
  frames_.clear();
  frames_.swap(batch);
  first_ = 0;
}

void outgoing::unload(std::vector<actors::shared_frame>& batch) noexcept {
  if (has_batch())
    return;
  frames_.clear();
  first_ = 0;
  if (frames_.capacity() > batch.capacity())
    frames_.swap(batch);
  std::vector<actors::shared_frame>{}.swap(frames_);
}

std::size_t outgoing::gather(std::span<iovec> pieces) const noexcept {
  std::size_t count = 0;
  auto skip = offset_;
  const auto add = [&](std::string_view bytes) {
    bytes.remove_prefix(std::exchange(skip, 0));
    pieces[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
  };
  if (!head_.empty() && count < pieces.size())
    add(head_);
  for (auto index = first_; index < frames_.size() && count < pieces.size(); ++index)
    add(frames_[index]->bytes());
  if (!tail_.empty() && count < pieces.size())
    add(tail_);
  return count;
}

std::size_t outgoing::advance(std::size_t bytes) noexcept {
  std::size_t ended = 0;
  offset_ += bytes;
  if (!head_.empty()) {
    if (offset_ < head_.size())
      return 0;
    offset_ -= head_.size();
    std::string{}.swap(head_);
  }
  while (has_batch() && offset_ >= frames_[first_]->size()) {
    offset_ -= frames_[first_]->size();
    frames_[first_++].reset();
    ++ended;
  }
  if (!has_batch() && !tail_.empty()) {
    head_.swap(tail_);
    if (offset_ >= head_.size()) {
      offset_ -= head_.size();
      std::string{}.swap(head_);
    }
  }
  return ended;
}

} // namespace troupe::transport
