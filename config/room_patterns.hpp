// config/room_patterns.hpp
//
// Which policy holds for a room: patterns of room names, the most specific one first.
#pragma once

#include "config/options.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::config {

/// A pattern of room names, split at `/`.
///
/// A segment is text (`support`), a parameter that takes one whole non-empty segment (`:ticket`), or,
/// as the last one, a rest that takes one or more characters up to the end of the name, after a text of
/// its own or without one (`*rest`, `dm:*rest`).
class room_pattern {
public:
  /// The pattern, or why the text is none.
  static std::variant<room_pattern, std::string> parse(std::string_view text);

  bool matches(std::string_view room) const noexcept;

  /// True when every room name matches (`*rest`).
  bool takes_everything() const noexcept;

  /// True when the same names match and no rule can choose between the two.
  bool same_shape(const room_pattern& other) const noexcept;

  /// True when this one is to be tried first: segment by segment text beats a rest after a text, which beats
  /// a parameter, which beats a bare rest; of two rests the one after the longer text.
  bool goes_before(const room_pattern& other) const noexcept;

private:
  // In the order of precedence.
  enum class segment_kind : std::uint8_t { text, rest_after_text, parameter, rest };
  struct segment {
    segment_kind kind = segment_kind::text;
    std::string text; ///< Of `text` and `rest_after_text`.
    bool operator==(const segment&) const = default;
  };

  std::vector<segment> segments_;
};

/// The policies of a node, found by the name of a room.
///
/// Threading: immutable after construction; may be read by any number of threads.
/// Errors:    the constructor throws std::invalid_argument for a list that the loader would have refused.
/// Limits:    at most `room_patterns_max`; a look-up tries them in order of precedence, which is the
///            fastest way for the few that a configuration has.
class room_patterns {
public:
  explicit room_patterns(const std::vector<room_policy>& policies);

  /// The policy of the most specific pattern that matches. When none does, the defaults of `room_policy`.
  const room_policy& policy_for(std::string_view room) const noexcept;

private:
  struct entry {
    room_pattern pattern;
    room_policy policy;
  };

  std::vector<entry> entries_; // Sorted by precedence.
  room_policy otherwise_;
};

/// Most `[[rooms]]` of one configuration.
inline constexpr std::size_t room_patterns_max = 256;

} // namespace troupe::config
