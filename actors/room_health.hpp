// actors/room_health.hpp
//
// What an operator can see of one room on one node: each part is told by the actor that knows
// it, when somebody asks. Times are measured where they pass, on a steady clock.
#pragma once

#include "actors/cluster/cluster_report.hpp"
#include "actors/middleware/failure_board.hpp"
#include "actors/recent_times.hpp"
#include "actors/survey.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::actors {

/// A room or a relay that crashed on this node.
struct room_fault {
  time_ms time = 0;
  std::string actor; ///< "room" or "relay".
  std::string text;  ///< What it threw.
  bool operator==(const room_fault&) const = default;
};
BOOST_DESCRIBE_STRUCT(room_fault, (), (time, actor, text))

/// A node whose relay is attached, and its members.
struct attached_relay {
  std::string node;
  std::uint32_t members = 0;
  bool operator==(const attached_relay&) const = default;
};
BOOST_DESCRIBE_STRUCT(attached_relay, (), (node, members))

/// What the room itself tells; there is one where the room is in memory.
struct sequencer_health {
  storage::term_t term = 0; ///< Under which it was made.
  std::string epoch;        ///< Empty until the log was read.
  seq_t head = 0;
  std::uint32_t members = 0;
  std::vector<attached_relay> relays;
  std::uint32_t waiting = 0;         ///< Sends without a number yet.
  std::uint32_t committing = 0;      ///< Sends of the run that the log has now …
  std::uint64_t committing_us = 0;   ///< … and since when.
  time_summary commit;               ///< From handing a run to the log to taking its answer.
  std::uint64_t mailbox_wait_us = 0; ///< How long this very question waited in the room's mailbox.
  bool operator==(const sequencer_health&) const = default;
};
BOOST_DESCRIBE_STRUCT(sequencer_health, (),
                      (term, epoch, head, members, relays, waiting, committing, committing_us, commit, mailbox_wait_us))

/// What this node's relay of the room tells.
struct relay_health {
  bool ready = false; ///< It has the room and everything the room had published when they met.
  seq_t last = 0;     ///< The last number it has passed on.
  std::uint32_t members = 0;
  std::uint32_t waiting = 0; ///< Sends of this node that were not answered.
  std::uint64_t mailbox_wait_us = 0;
  bool operator==(const relay_health&) const = default;
};
BOOST_DESCRIBE_STRUCT(relay_health, (), (ready, last, members, waiting, mailbox_wait_us))

/// Who listens to the room on one I/O thread of this node.
struct listeners_health {
  std::uint32_t listeners = 0; ///< Connections.
  std::uint32_t gapped = 0;    ///< Of these, slow readers that get no messages until they fetch.
  time_summary fan_out;        ///< From the relay's hearing of messages to their frames being queued here.
  std::uint64_t mailbox_wait_us = 0;
  bool operator==(const listeners_health&) const = default;
};
BOOST_DESCRIBE_STRUCT(listeners_health, (), (listeners, gapped, fan_out, mailbox_wait_us))

/// One node's answer.
struct room_health {
  std::string node;                        ///< Who answers.
  room_place place;                        ///< Where the room is; only that node has a `sequencer`.
  bool quarantined = false;                ///< Here.
  std::uint32_t crashes = 0;               ///< Of the room here, that still count for the quarantine.
  std::vector<room_fault> faults;          ///< The last ones on this node, oldest first.
  std::vector<step_failure> step_failures; ///< At requests about the room, as `recover` saw them; oldest first.
  std::optional<sequencer_health> sequencer;
  std::optional<relay_health> relay;
  std::vector<listeners_health> io_threads;
  bool operator==(const room_health&) const = default;
};
BOOST_DESCRIBE_STRUCT(room_health, (),
                      (node, place, quarantined, crashes, faults, step_failures, sequencer, relay, io_threads))

using room_survey = survey<room_health>;

/// Asks a guardian, a room, a relay or a fanout for its part.
struct survey_room {
  std::shared_ptr<room_survey> into;
  std::size_t io_thread = 0; ///< The fanout's part.
  std::int64_t sent_us = steady_us();

  const std::string& room() const noexcept { return into->report.place.room; }
  std::uint64_t waited_us() const {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, steady_us() - sent_us));
  }
};

} // namespace troupe::actors
