// transport/outgoing.hpp
//
// The bytes a socket could not take yet, in their order.
#pragma once

#include "actors/frame.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct iovec;

namespace troupe::transport {

/// One taken batch of shared frames, and before and after it what the WebSocket layer itself has
/// to say (the answer to the upgrade, pongs, the close frame).
///
/// Ordering:  own bytes go out at the next frame boundary after what was there when they were added.
///            A batch may be loaded only when the one before has gone out.
/// Overload:  at most one batch and `own_bytes_max`; more own bytes are refused.
/// Lifetime:  gathered pieces are good until the next call that changes anything.
class outgoing {
public:
  static constexpr std::size_t own_bytes_max = 16 * 1024;

  /// Adds bytes of the WebSocket layer; false when there are too many.
  bool append_own(std::string_view bytes);

  bool has_batch() const noexcept { return first_ < frames_.size(); }

  /// Takes the frames of `batch` over, leaving an empty vector there.
  void load(std::vector<actors::shared_frame>& batch);

  /// Gives the vector of a finished batch back for reuse.
  void unload(std::vector<actors::shared_frame>& batch) noexcept;

  bool empty() const noexcept { return head_.empty() && !has_batch() && tail_.empty(); }

  /// Fills `pieces` from the front; how many were filled.
  std::size_t gather(std::span<iovec> pieces) const noexcept;

  /// The first `bytes` of what was gathered have been sent. Answers how many frames ended within.
  std::size_t advance(std::size_t bytes) noexcept;

private:
  std::string head_; ///< Goes before the batch.
  std::vector<actors::shared_frame> frames_;
  std::size_t first_ = 0;  ///< The first frame not wholly sent.
  std::size_t offset_ = 0; ///< Bytes of it, or of `head_`, that are sent.
  std::string tail_;       ///< Goes after the batch.
};

} // namespace troupe::transport
