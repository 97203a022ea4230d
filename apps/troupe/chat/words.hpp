// apps/troupe/chat/words.hpp
//
// What is typed, and what is shown: both as plain values, without a terminal.
#pragma once

#include "protocol/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::chat {

/// A line as the person meant it.
struct input {
  enum class verb : std::uint8_t {
    nothing,
    say,
    join,
    leave,
    rooms,
    who,
    edit,
    remove,
    react,
    reply,
    direct,
    moderate,
    older,
    help,
    quit,
    wrong
  };
  input::verb what = verb::nothing;
  std::string name;                   ///< A room or a user.
  std::optional<protocol::seq_t> seq; ///< The message meant; one's own last one when absent.
  std::string text;                   ///< What is said; for `wrong`, what to type instead.
  protocol::client::moderate order;   ///< For `moderate`; without a room.
};

/// `/verb …`, or words to say; `//x` says `/x`.
input parse_input(std::string_view line);

/// The lines of `/help`.
extern const char* const help;

/// The room in which two users talk alone.
std::string direct_room(const std::string& one, const std::string& other);

/// A room's name for people: `@bob` for a direct message with bob.
std::string shown_room(const std::string& room, const std::string& me);

/// Colours when `on`, nothing otherwise.
struct palette {
  bool on = false;
  std::string dim(std::string_view text) const;
  std::string bold(std::string_view text) const;
  std::string warning(std::string_view text) const;
  /// Each name has its own colour, always the same.
  std::string name(std::string_view user) const;

private:
  std::string paint(std::string_view code, std::string_view text) const;
};

/// HH:MM in the local zone.
std::string clock_time(protocol::time_ms time);
/// `Monday 3 June 2024` in the local zone.
std::string calendar_day(protocol::time_ms time);

/// One message as a line. Folded entries show what became of them; nothing when there is nothing to show.
/// `live` events are told as what they are ("edited #3: …").
std::optional<std::string> shown_message(const protocol::entry& what, const palette& colours, bool live);

} // namespace troupe::chat
