// protocol/limits.hpp
//
// The bounds of `troupe.v1` that bind every client. Server-side bounds that an
// operator may change live in config/options.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace troupe::protocol::limits {

/// Longest accepted client frame, in bytes of payload.
inline constexpr std::size_t frame_bytes_max = 64 * 1024;

/// Longest frame a server sends; `joined`, `page` and `rooms` are cut short below it.
inline constexpr std::size_t server_frame_bytes_max = 256 * 1024;

/// Longest accepted `send::body`, in bytes of UTF-8 after decoding.
inline constexpr std::size_t body_bytes_max = 16 * 1024;

/// Deepest accepted nesting of a client frame.
inline constexpr std::size_t json_depth_max = 16;

/// Longest key anywhere in a frame, in bytes after decoding.
inline constexpr std::size_t json_key_bytes_max = 128;

/// Most elements of any list in a client frame.
inline constexpr std::size_t list_elements_max = 256;

/// Largest integer on the wire, 2^53 − 1: what every JSON reader holds exactly. Ids and
/// times may be negative, down to its opposite.
inline constexpr std::uint64_t integer_max = (std::uint64_t{1} << 53) - 1;

/// Longest user id, `[A-Za-z0-9_.@-]`.
inline constexpr std::size_t user_bytes_max = 64;

/// Longest room name, `[A-Za-z0-9_.:/@-]`.
inline constexpr std::size_t room_bytes_max = 160;

/// Longest `kind` (`x-…` included).
inline constexpr std::size_t kind_bytes_max = 32;

/// Longest body of a `reaction`: one emoji with its modifiers and joiners.
inline constexpr std::size_t reaction_bytes_max = 64;

/// Longest `reason` of a `moderate`, in bytes of UTF-8 after decoding.
inline constexpr std::size_t reason_bytes_max = 512;

/// Longest ban or mute that has an end, a little over ten years.
inline constexpr std::uint64_t moderation_ms_max = 3'660ull * 24 * 3600 * 1000;

/// Longest pause of slow mode.
inline constexpr std::uint32_t slow_mode_ms_max = 6 * 3600 * 1000;

/// Longest `token` in a `hello` or a `refresh`.
inline constexpr std::size_t token_bytes_max = 8 * 1024;

/// Longest `resume` in a `hello`.
inline constexpr std::size_t resume_bytes_max = 512;

/// Longest `epoch` a client may present; ours are shorter.
inline constexpr std::size_t epoch_bytes_max = 64;

/// Longest `sdk` in a `hello`.
inline constexpr std::size_t sdk_bytes_max = 128;

/// Most rooms named in one `hello`.
inline constexpr std::size_t hello_rooms_max = list_elements_max;

/// Most messages of one `fetch` or `join`.
inline constexpr std::size_t page_messages_max = 200;

/// Bytes of a ULID in its text form.
inline constexpr std::size_t cid_bytes = 26;

/// A `hello` has to come within this time of the upgrade, else close 4401.
inline constexpr std::int64_t hello_ms = 5'000;

/// Frames that cannot be read (`bad_request`) before a close with 4400.
inline constexpr std::uint32_t strikes_max = 3;

/// A `cid` may lie this far ahead of the room's time.
inline constexpr std::int64_t cid_ahead_ms_max = 24LL * 3600 * 1000;

/// Least time between two `typing` of one user in one room that are passed on.
inline constexpr std::int64_t typing_interval_ms = 3'000;

/// A room tells its head after this long without a message.
inline constexpr std::int64_t head_after_ms = 25'000;

/// At most one `activity` per room and user in this time.
inline constexpr std::int64_t activity_interval_ms = 1'000;

} // namespace troupe::protocol::limits
