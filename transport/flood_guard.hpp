// transport/flood_guard.hpp
//
// Bytes that carry nothing: empty fragments, headers of tiny fragments, pings and pongs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace troupe::transport {

/// Bounds what a peer may send besides the text of its messages.
///
/// Framing: bytes received since the last whole message that are neither its text nor control frames. What
///          was received and not yet handed on looks the same, so the bound is met a little later: an endless
///          row of empty fragments ends after about 80 KiB.
/// Control: a token bucket of control frames.
class flood_guard {
public:
  static constexpr std::int64_t framing_bytes_max = 16 * 1024;
  static constexpr std::int64_t control_frames_per_s = 16;
  static constexpr std::int64_t control_frames_burst = 128;

  /// `bytes` came from the socket; false = flood.
  [[nodiscard]] bool received(std::size_t bytes) noexcept {
    framing_ += static_cast<std::int64_t>(bytes);
    return framing_ <= framing_bytes_max + unread_max;
  }

  /// `bytes` of them were text.
  void carried(std::size_t bytes) noexcept { framing_ -= static_cast<std::int64_t>(bytes); }

  /// A message is whole: what has been read ahead may belong to the next ones, the rest is forgiven.
  void message_done() noexcept { framing_ = std::min(framing_, read_ahead_max); }

  /// A control frame with `payload` bytes came; false = flood.
  [[nodiscard]] bool control_frame(std::size_t payload, std::int64_t now_ms) noexcept {
    carried(payload + 6); // two bytes of header, four of mask
    const auto step_ms = 1'000 / control_frames_per_s;
    const auto next = std::max(control_spent_until_ms_, now_ms) + step_ms;
    if (next > now_ms + step_ms * control_frames_burst)
      return false;
    control_spent_until_ms_ = next;
    return true;
  }

private:
  static constexpr std::int64_t read_ahead_max = 1'536; ///< The stream's own buffer.
  static constexpr std::int64_t unread_max = 64 * 1024; ///< One read of a large frame.

  std::int64_t framing_ = 0;
  std::int64_t control_spent_until_ms_ = 0;
};

} // namespace troupe::transport
