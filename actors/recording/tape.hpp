// actors/recording/tape.hpp
//
// What a room received, as a file that can be replayed. A tape holds, for each activation of
// each recorded room, the state it started with, then every command with its time and what
// the core did. The core is a pure fold, so the same commands give the same effects; where
// today's code behaves otherwise, `replay` names the first command that shows it.
//
//   const auto tape = recording::read_tape("data/tapes/node-a.tape");
//   for (const auto& room : tape.rooms)
//     CHECK(recording::replay(room).same());
#pragma once

#include "actors/room_core.hpp"
#include "actors/room_messages.hpp"
#include "config/options.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe::actors::recording {

inline constexpr std::uint32_t tape_version = 5;

// -- what stands in the file: length (4), XXH3 of the payload (8), payload ----------------

struct begun {
  std::uint64_t tape = 0;
  time_ms time = 0;
  room_snapshot start;
  config::room_policy policy;
  std::uint32_t mailbox_max = 0;
};
BOOST_DESCRIBE_STRUCT(begun, (), (tape, time, start, policy, mailbox_max))

struct received {
  std::uint64_t tape = 0;
  time_ms time = 0;
  to_room::command what;
};
BOOST_DESCRIBE_STRUCT(received, (), (tape, time, what))

struct emitted {
  std::uint64_t tape = 0;
  room_effects what;
};
BOOST_DESCRIBE_STRUCT(emitted, (), (tape, what))

/// The activation ended, or (tape 0) the recorder could not keep up and stopped.
struct ended {
  std::uint64_t tape = 0;
  std::string why;
};
BOOST_DESCRIBE_STRUCT(ended, (), (tape, why))

using tape_record = std::variant<begun, received, emitted, ended>;

std::string encode_record(const tape_record& what);

// -- reading and replaying -------------------------------------------------------------------

struct step {
  time_ms time = 0;
  to_room::command what;
  std::optional<room_effects> effects; ///< Absent when the tape ends before them.
};

/// One activation of one room.
struct recorded_room {
  begun start;
  std::vector<step> steps;
  std::string end; ///< Why it ended; empty when the tape ends before.
};

struct tape {
  std::vector<recorded_room> rooms;
  std::string stopped; ///< Why recording stopped early; empty when it did not.
  std::string damage;  ///< What is wrong with the rest of the file; empty when it is whole.
};

/// Reads a tape up to its end or its first damaged record.
/// Errors: throws std::runtime_error when the file cannot be read or is no tape.
tape read_tape(const std::string& path);

struct replayed {
  std::size_t steps = 0;                 ///< How many were compared.
  std::optional<std::size_t> differs_at; ///< The first step whose effects are not those recorded.
  std::string difference;                ///< In words.
  room_snapshot state;                   ///< After the last step applied.
  bool same() const noexcept { return !differs_at; }
};

/// Applies a recording to today's core, up to a step or the first difference.
/// `watch` sees each step after it was applied.
replayed replay(const recorded_room& room, std::size_t steps_max = SIZE_MAX,
                const std::function<void(const step&, const room_effects&, const room_core&)>& watch = {});

/// The verb of a command, for people.
std::string_view verb_of(const to_room::command& what);

} // namespace troupe::actors::recording
