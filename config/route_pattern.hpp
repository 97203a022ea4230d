// config/route_pattern.hpp
//
// What a pattern of room names or of paths says: its segments, the names of its variables, its rank.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::config {

/// Most variables of one pattern: a match returns their values in an array of this size.
inline constexpr std::size_t route_variables_max = 8;

/// What is matched: names of rooms, which begin without a `/` and may not be empty, or paths, which begin with one.
enum class route_form : std::uint8_t { room, path };

/// A pattern, split at `/`.
///
/// A segment is text (`support`), a parameter that takes one whole non-empty segment (`:ticket`), or a rest that
/// takes one or more characters up to the end, after a text of its own or without one (`*rest`, `dm:*rest`).
/// In a path segments of text may follow the rest (`/rooms/*room/messages`), which then ends before them.
class route_pattern {
public:
  /// In the order of precedence.
  enum class segment_kind : std::uint8_t { text, rest_after_text, parameter, rest };

  struct segment {
    segment_kind kind = segment_kind::text;
    std::string text;   ///< Of `text`, and before the rest of `rest_after_text`.
    std::string ending; ///< After a rest, with its first `/`; mostly empty.
    bool operator==(const segment&) const = default;
    /// Less is tried first: by kind, then longer texts and longer endings first.
    std::weak_ordering operator<=>(const segment& other) const;
  };

  /// The pattern, or why the text is none.
  static std::variant<route_pattern, std::string> parse(std::string_view text, route_form form);

  const std::vector<segment>& segments() const noexcept { return segments_; }

  /// The variables from left to right, without `:` and `*`.
  const std::vector<std::string>& variables() const noexcept { return variables_; }

  /// True when everything matches that has the form (`*rest`).
  bool takes_everything() const noexcept;

  /// A name that matches: `text` stands for every parameter, `rest` for the rest.
  std::string filled_with(std::string_view text, std::string_view rest) const;

private:
  std::vector<segment> segments_;
  std::vector<std::string> variables_;
};

} // namespace troupe::config
