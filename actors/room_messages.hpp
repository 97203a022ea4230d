// actors/room_messages.hpp
//
// What a room is told, what it does, and what its relays hear of it. All of it is plain
// data with described fields: the same structs are sent between actors, recorded on the
// tape and compared at replay.
#pragma once

#include "protocol/messages.hpp"
#include "protocol/roles.hpp"
#include "storage/message_log.hpp"

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe::actors {

using protocol::request_id;
using protocol::seq_t;
using protocol::time_ms;

/// One connection of a node; never used again. The low byte is its I/O thread.
using connection_id = std::uint64_t;

inline std::size_t io_thread_of(connection_id id) noexcept { return id & 0xff; }

/// A connection that joined a room, as its relay reports it.
struct membership {
  connection_id connection = 0;
  std::string user;
  std::optional<protocol::role> granted = {}; ///< The role that the identity brings.
  bool operator==(const membership&) const = default;
};
BOOST_DESCRIBE_STRUCT(membership, (), (connection, user, granted))

// -- what a room is told ----------------------------------------------------------

namespace to_room {

/// A node's relay announces itself with its members; again after the room was rebuilt.
struct attach {
  static constexpr std::size_t members_max = 4'096; ///< Of one; a larger relay sends `further` ones.

  std::string relay;
  std::string epoch; ///< Of the last message the relay has seen; empty when none.
  seq_t last = 0;    ///< The last seq it has passed on.
  std::vector<membership> members;
  bool further = false; ///< More members, behind an attach; it is not answered.
};
BOOST_DESCRIBE_STRUCT(attach, (), (relay, epoch, last, members, further))

/// The relay has no members and waits for nothing.
struct detach {
  std::string relay;
};
BOOST_DESCRIBE_STRUCT(detach, (), (relay))

/// The relay's node is dead or cannot be reached: its members have their grace to come back.
struct lost {
  std::string relay;
};
BOOST_DESCRIBE_STRUCT(lost, (), (relay))

/// A member's message. Its ack arrives by `published`, a refusal by `refused`.
/// `granted`, here and below: the role that the identity brings; it holds when the room's log says nothing.
struct submit {
  std::string relay;
  connection_id connection = 0;
  std::string user;
  std::string cid;
  std::string kind;
  std::string body;
  seq_t reply_to = 0;
  seq_t target = 0;
  storage::salt_bytes salt{};
  std::optional<protocol::role> granted = {};
};
BOOST_DESCRIBE_STRUCT(submit, (), (relay, connection, user, cid, kind, body, reply_to, target, salt, granted))

struct join {
  std::string relay;
  connection_id connection = 0;
  std::string user;
  std::optional<request_id> re;
  std::optional<protocol::position> since;
  std::optional<std::uint32_t> limit;
  bool presence = true;
  std::optional<protocol::role> granted = {};
};
BOOST_DESCRIBE_STRUCT(join, (), (relay, connection, user, re, since, limit, presence, granted))

/// `forget` ends the belonging; `gone` tells that the socket closed (nobody is answered,
/// presence waits its grace).
struct leave {
  std::string relay;
  connection_id connection = 0;
  std::string user;
  std::optional<request_id> re;
  bool forget = false;
  bool gone = false;
};
BOOST_DESCRIBE_STRUCT(leave, (), (relay, connection, user, re, forget, gone))

struct fetch {
  std::string relay;
  connection_id connection = 0;
  std::string user;
  request_id re = 0;
  std::optional<seq_t> after;
  std::optional<seq_t> before;
  std::uint32_t limit = 0;
  bool raw = false;
  std::optional<protocol::role> granted = {};
};
BOOST_DESCRIBE_STRUCT(fetch, (), (relay, connection, user, re, after, before, limit, raw, granted))

/// Asks for presence; without `re` it is a snapshot for a connection that fell behind, and
/// without `connection` one for all members of a relay that did.
struct who {
  std::string relay;
  connection_id connection = 0;
  std::string user;
  std::optional<request_id> re;
  std::optional<protocol::role> granted = {};
};
BOOST_DESCRIBE_STRUCT(who, (), (relay, connection, user, re, granted))

struct typing {
  std::string relay;
  connection_id connection = 0;
  std::string user;
  std::optional<protocol::role> granted = {};
};
BOOST_DESCRIBE_STRUCT(typing, (), (relay, connection, user, granted))

struct mark {
  std::string relay;
  connection_id connection = 0;
  std::string user;
  seq_t read = 0;
  seq_t recv = 0;
  std::optional<protocol::role> granted = {};
};
BOOST_DESCRIBE_STRUCT(mark, (), (relay, connection, user, read, recv, granted))

/// A relay that saw a hole asks for what follows `last`.
struct refill {
  std::string relay;
  seq_t last = 0;
};
BOOST_DESCRIBE_STRUCT(refill, (), (relay, last))

// -- answers of the store, which are inputs like any other --

struct opened {
  storage::open_result result;
};
BOOST_DESCRIBE_STRUCT(opened, (), (result))

struct appended {
  storage::append_result result;
  std::uint32_t run_max = storage::run_records_max; ///< How long the log wants the next run to be.
};
BOOST_DESCRIBE_STRUCT(appended, (), (result, run_max))

struct found {
  seq_t seq = 0;
  storage::find_result result;
};
BOOST_DESCRIBE_STRUCT(found, (), (seq, result))

struct pruned {
  storage::prune_result result;
};
BOOST_DESCRIBE_STRUCT(pruned, (), (result))

/// The log did not take the belonging of one who joined, or with `forget` the end of it.
struct not_belonging {
  std::string relay;
  connection_id connection = 0;
  std::string user;
  std::optional<request_id> re;
  bool forget = false;
  storage::status why = storage::status::unknown;
};
BOOST_DESCRIBE_STRUCT(not_belonging, (), (relay, connection, user, re, forget, why))

/// The time asked for by `wake_at` has come.
struct wake {};
BOOST_DESCRIBE_STRUCT(wake, (), ())

/// The answer to `ask_creation`.
struct creation {
  std::string user;
  std::uint32_t after_ms = 0; ///< 0 = yes; else not before so long.
};
BOOST_DESCRIBE_STRUCT(creation, (), (user, after_ms))

using command = std::variant<attach, detach, submit, join, leave, fetch, who, typing, mark, refill, opened, appended,
                             found, pruned, wake, not_belonging, lost, creation>;

} // namespace to_room

// -- what a relay hears of its room -------------------------------------------------

namespace from_room {

struct attached {
  std::string epoch;
  seq_t head = 0;
};
BOOST_DESCRIBE_STRUCT(attached, (), (epoch, head))

/// Messages that are committed, in the order of their seqs. Their chain values make the acks.
struct published {
  std::string epoch;
  protocol::durability durable = protocol::durability::memory;
  std::vector<storage::record> records;
  bool refill = false; ///< Read from the log for this relay alone.
};
BOOST_DESCRIBE_STRUCT(published, (), (epoch, durable, records, refill))

/// A send that will not be stored by this attempt (or whose outcome is open: `retry`).
struct refused {
  connection_id connection = 0;
  std::string user;
  std::string cid;
  protocol::server::error error;
};
BOOST_DESCRIBE_STRUCT(refused, (), (connection, user, cid, error))

/// A send that was stored before: its first ack again.
struct repeated {
  connection_id connection = 0;
  std::string user;
  std::string cid;
  protocol::server::ack ack;
};
BOOST_DESCRIBE_STRUCT(repeated, (), (connection, user, cid, ack))

/// A join was accepted at `answer.head`; the history follows the query, up to there.
struct admitted {
  connection_id connection = 0;
  protocol::server::joined answer;
};
BOOST_DESCRIBE_STRUCT(admitted, (), (connection, answer))

/// An answer for one connection that stands outside the stream.
struct answered {
  connection_id connection = 0;
  std::variant<protocol::server::ok, protocol::server::page, protocol::server::presence, protocol::server::marks,
               protocol::server::error>
    answer;
};
BOOST_DESCRIBE_STRUCT(answered, (), (connection, answer))

struct presence_changed {
  protocol::server::presence change;
};
BOOST_DESCRIBE_STRUCT(presence_changed, (), (change))

struct typing_seen {
  std::string user;
};
BOOST_DESCRIBE_STRUCT(typing_seen, (), (user))

struct marks_changed {
  std::vector<protocol::user_mark> marks;
};
BOOST_DESCRIBE_STRUCT(marks_changed, (), (marks))

/// The user's connections leave the room, all but `except`.
struct expelled {
  std::string user;
  connection_id except = 0;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(expelled, (), (user, except, reason))

/// News of the room did not fit into the link to this node: changes of presence or marks, and,
/// unless `epoch` is empty, messages up to `head`.
struct behind {
  std::string epoch;
  seq_t head = 0;
};
BOOST_DESCRIBE_STRUCT(behind, (), (epoch, head))

/// Why a room is not there.
enum class absence : std::uint8_t {
  away = 1,        ///< It moves, or its node cannot be reached: it is found again, here or elsewhere.
  crashed = 2,     ///< It is rebuilt; perhaps it was one of the last messages.
  quarantined = 3, ///< It crashed too often.
  full = 4,        ///< The node that owns it has as many rooms as it may; it is looked for again.
};
BOOST_DESCRIBE_ENUM(absence, away, crashed, quarantined, full)

/// The room is not where the relay believed it, or not any more.
struct ended {
  absence why = absence::away;
};
BOOST_DESCRIBE_STRUCT(ended, (), (why))

using news = std::variant<attached, published, refused, repeated, admitted, answered, presence_changed, typing_seen,
                          marks_changed, expelled, behind, ended>;

} // namespace from_room

// -- what a room does -----------------------------------------------------------------

namespace room_does {

/// Tells one relay, or every one when `relay` is empty.
struct tell {
  std::string relay;
  from_room::news what;
};
BOOST_DESCRIBE_STRUCT(tell, (), (relay, what))

struct open {
  std::uint32_t recent = 0;
};
BOOST_DESCRIBE_STRUCT(open, (), (recent))

/// Answered by `appended`; at most one at a time.
struct commit {
  std::string epoch;
  std::vector<storage::record> records;
  storage::role_change change = {};
};
BOOST_DESCRIBE_STRUCT(commit, (), (epoch, records, change))

/// Answered by `found`.
struct look_up {
  seq_t seq = 0;
};
BOOST_DESCRIBE_STRUCT(look_up, (), (seq))

/// Stores the belonging when it is new, reads history, and then tells the relay `admitted`:
/// who was told to have joined finds the room in the inbox. A belonging that was not stored comes
/// back as `not_belonging`.
struct read_for_join {
  std::string relay;
  from_room::admitted skeleton;
  storage::page_query query;
  std::optional<storage::member_row> belongs;
};
BOOST_DESCRIBE_STRUCT(read_for_join, (), (relay, skeleton, query, belongs))

/// Reads history and then tells the relay `answered` with a page.
struct read_for_fetch {
  std::string relay;
  connection_id connection = 0;
  request_id re = 0;
  std::string epoch;
  storage::page_query query;
};
BOOST_DESCRIBE_STRUCT(read_for_fetch, (), (relay, connection, re, epoch, query))

/// Reads what one relay missed and then tells it `published`.
struct read_for_refill {
  std::string relay;
  std::string epoch;
  seq_t after = 0;
  seq_t up_to = 0;
};
BOOST_DESCRIBE_STRUCT(read_for_refill, (), (relay, epoch, after, up_to))

/// Stores a belonging, its marks or its end, and then answers who asked for it; a failure of that comes back as
/// `not_belonging`.
struct save_member {
  storage::member_row row;
  bool forget = false;
  std::optional<to_room::leave> asked;
};
BOOST_DESCRIBE_STRUCT(save_member, (), (row, forget, asked))

struct prune {
  std::uint64_t keep_count = 0;
  time_ms older_than = 0;
  time_ms floor = 0;
};
BOOST_DESCRIBE_STRUCT(prune, (), (keep_count, older_than, floor))

/// How many connections of a user have joined the room on one node.
struct joined_at {
  std::string relay;
  std::uint32_t connections = 0;
};
BOOST_DESCRIBE_STRUCT(joined_at, (), (relay, connections))

/// Somebody who belongs to the room, and where their connections have joined it.
struct belonging {
  std::string user;
  std::vector<joined_at> joined;
};
BOOST_DESCRIBE_STRUCT(belonging, (), (user, joined))

/// Tells connections of those users that have not joined: there is something new.
struct notify {
  seq_t seq = 0;
  std::string from;
  std::vector<belonging> users;
};
BOOST_DESCRIBE_STRUCT(notify, (), (seq, from, users))

struct wake_at {
  time_ms time = 0;
};
BOOST_DESCRIBE_STRUCT(wake_at, (), (time))

/// Nobody needs the room; it may leave memory.
struct passivate {};
BOOST_DESCRIBE_STRUCT(passivate, (), ())

/// The shard has another owner: the room ends here.
struct retire {};
BOOST_DESCRIBE_STRUCT(retire, (), ())

/// Asks whether the user may bring this room into being. Answered by `creation`.
struct ask_creation {
  std::string user;
};
BOOST_DESCRIBE_STRUCT(ask_creation, (), (user))

using effect = std::variant<tell, open, commit, look_up, read_for_join, read_for_fetch, read_for_refill, save_member,
                            prune, notify, wake_at, passivate, retire, ask_creation>;

} // namespace room_does

using room_effects = std::vector<room_does::effect>;

} // namespace troupe::actors
