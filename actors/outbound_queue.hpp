// actors/outbound_queue.hpp
#pragma once

#include "actors/frame.hpp"
#include "config/options.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe::actors {

/// What a frame is worth when a reader is slow, cheapest first.
enum class frame_class : std::uint8_t {
  typing,   ///< Dropped.
  presence, ///< Dropped; a snapshot replaces it later.
  marks,    ///< Dropped; a snapshot replaces it later.
  message,  ///< Dropped; a `gap` tells which to fetch.
  history,  ///< Refused or cut short, to be asked for again: three quarters of the bound, or one alone.
  answer,   ///< Acks and answers are never dropped; one past the bound ends the connection.
};

/// What became of a frame.
enum class queued : std::uint8_t {
  taken,
  dropped,  ///< Its class is not taken at this depth.
  overflow, ///< The queue is full: close with 4008.
};

/// Frames that wait for one socket, bounded by bytes and by class.
///
/// Ordering: first in, first out.
/// Overload: the deeper the queue, the fewer classes it takes (outbound_options).
/// Memory:   holds none when empty.
class outbound_queue {
public:
  queued push(shared_frame what, frame_class kind, const config::outbound_options& bounds);

  /// Moves frames to `out` until about `bytes_max` bytes are there; gives how many bytes.
  std::size_t take(std::vector<shared_frame>& out, std::size_t bytes_max);

  /// Nothing of this class would be taken.
  bool is_full_for(frame_class kind, const config::outbound_options& bounds) const noexcept {
    return bytes_ >= depth_for(kind, bounds);
  }

  bool empty() const noexcept { return next_ == frames_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }
  void clear() noexcept;

private:
  static std::size_t depth_for(frame_class kind, const config::outbound_options& bounds) noexcept;

  std::vector<shared_frame> frames_;
  std::size_t next_ = 0; ///< The first frame not taken yet.
  std::size_t bytes_ = 0;
};

} // namespace troupe::actors
