// protocol/messages.hpp
//
// Everything a client may put on the wire and everything it may get, and nothing else.
// A message names its fields once; the JSON codec, the exported JSON Schema, the
// recordings and CAF's inspect walk that list. The contract in words: docs/protocol.md.
#pragma once

#include "protocol/errors.hpp"

#include <boost/describe/class.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::protocol {

using seq_t = std::uint64_t;     ///< 1, 2, 3 … per room; 0 means none.
using time_ms = std::int64_t;    ///< Milliseconds UTC.
using request_id = std::int64_t; ///< Chosen by the client; comes back as `re`.

/// Where a client stands in a room's log.
struct position {
  std::string epoch; ///< Opaque, compared for equality.
  seq_t seq = 0;     ///< The last one seen.
  bool operator==(const position&) const = default;
};
BOOST_DESCRIBE_STRUCT(position, (), (epoch, seq))

// -- from the client ------------------------------------------------------------

namespace client {

struct room_position {
  std::string room;
  std::string epoch;
  seq_t seq = 0;
};
BOOST_DESCRIBE_STRUCT(room_position, (), (room, epoch, seq))

/// First frame of a connection. Answered by `welcome`, then one `joined` per resumed room.
struct hello {
  static constexpr auto wire_name = "hello";
  request_id id = 0;
  std::optional<std::string> token;
  std::optional<std::string> user;
  std::optional<std::string> resume;
  std::vector<room_position> rooms;
  std::optional<std::string> sdk;
};
BOOST_DESCRIBE_STRUCT(hello, (), (id, token, user, resume, rooms, sdk))

/// A new token, in-band. Answered by `ok`.
struct refresh {
  static constexpr auto wire_name = "refresh";
  request_id id = 0;
  std::string token;
};
BOOST_DESCRIBE_STRUCT(refresh, (), (id, token))

/// Sent after `ping_ms` of silence. Answered by `pong`.
struct ping {
  static constexpr auto wire_name = "ping";
  request_id id = 0;
};
BOOST_DESCRIBE_STRUCT(ping, (), (id))

/// Asks for the rooms one belongs to, in the order of their names. Answered by `rooms`.
struct rooms {
  static constexpr auto wire_name = "rooms";
  request_id id = 0;
  std::optional<std::string> after; ///< The last room of the page before.
};
BOOST_DESCRIBE_STRUCT(rooms, (), (id, after))

/// Answered by `joined`, then pushes.
struct join {
  static constexpr auto wire_name = "join";
  request_id id = 0;
  std::string room;
  std::optional<position> since;
  std::optional<std::uint32_t> limit;
  std::optional<std::vector<std::string>> want; ///< presence, typing, marks; all when absent. Others are ignored.
};
BOOST_DESCRIBE_STRUCT(join, (), (id, room, since, limit, want))

/// Idempotent. Answered by `ok`.
struct leave {
  static constexpr auto wire_name = "leave";
  request_id id = 0;
  std::string room;
  std::optional<bool> forget; ///< Also ends the belonging.
};
BOOST_DESCRIBE_STRUCT(leave, (), (id, room, forget))

/// A message on its way to a room. Answered by `ack` or `error`.
struct send {
  static constexpr auto wire_name = "send";
  request_id id = 0;
  std::string room;
  std::string cid; ///< ULID, made once per message, kept for retries.
  std::string body;
  std::optional<std::string> kind;
  std::optional<seq_t> reply_to;
  std::optional<seq_t> target;
};
BOOST_DESCRIBE_STRUCT(send, (), (id, room, cid, body, kind, reply_to, target))

/// Kicks, bans, mutes, gives a role, slows the room down: an event of the room like a `send`, of kind `system`.
/// Answered by `ack` or `error`.
struct moderate {
  static constexpr auto wire_name = "moderate";
  request_id id = 0;
  std::string room;
  std::string cid;                          ///< As in `send`: made once, kept for retries.
  std::string action;                       ///< kick, ban, unban, mute, unmute, role, slow_mode
  std::optional<std::string> user;          ///< Whom; not for slow_mode.
  std::optional<std::string> role;          ///< For role: owner, moderator, member, reader, none.
  std::optional<std::uint64_t> for_ms;      ///< For ban and mute; for ever when absent.
  std::optional<std::uint32_t> interval_ms; ///< For slow_mode: between two messages of one user; 0 = off.
  std::optional<std::string> reason;        ///< For people.
};
BOOST_DESCRIBE_STRUCT(moderate, (), (id, room, cid, action, user, role, for_ms, interval_ms, reason))

/// Answered by `page`. Exactly one of `after` and `before`, or neither for the newest.
struct fetch {
  static constexpr auto wire_name = "fetch";
  request_id id = 0;
  std::string room;
  std::optional<seq_t> after;
  std::optional<seq_t> before;
  std::uint32_t limit = 0;
  std::optional<bool> raw;
};
BOOST_DESCRIBE_STRUCT(fetch, (), (id, room, after, before, limit, raw))

/// Answered by `presence` with `re`.
struct presence {
  static constexpr auto wire_name = "presence";
  request_id id = 0;
  std::string room;
};
BOOST_DESCRIBE_STRUCT(presence, (), (id, room))

/// Volatile, never answered unless wrong.
struct typing {
  static constexpr auto wire_name = "typing";
  std::string room;
};
BOOST_DESCRIBE_STRUCT(typing, (), (room))

/// Monotone, merged, never answered unless wrong.
struct mark {
  static constexpr auto wire_name = "mark";
  std::string room;
  std::optional<seq_t> read;
  std::optional<seq_t> recv;
};
BOOST_DESCRIBE_STRUCT(mark, (), (room, read, recv))

} // namespace client

// -- from the server ------------------------------------------------------------

struct reaction {
  std::string emoji;
  std::vector<std::string> users;
  bool operator==(const reaction&) const = default;
};
BOOST_DESCRIBE_STRUCT(reaction, (), (emoji, users))

/// One event of a room as a page or a `joined` shows it. Pages are contiguous:
/// edits, deletes and reactions are entries of their own as well, so a client that
/// holds seq n and reads on from there misses no change. In folded pages the target
/// is also shown as it is now.
struct entry {
  seq_t seq = 0;
  std::string from;
  std::string cid;
  time_ms time = 0;
  std::string kind;
  std::optional<std::string> body;   ///< Absent when deleted or superseded.
  std::optional<std::string> salt;   ///< Lower-case hex; absent when redacted.
  std::optional<std::string> digest; ///< Lower-case hex; in raw pages of a redacted event.
  std::optional<seq_t> reply_to;
  std::optional<seq_t> target;
  std::optional<time_ms> edited; ///< Folded: when it was last edited.
  std::optional<bool> deleted;   ///< Folded and raw: the body was erased.
  std::optional<std::vector<reaction>> reactions;
  bool operator==(const entry&) const = default;
};
BOOST_DESCRIBE_STRUCT(entry, (),
                      (seq, from, cid, time, kind, body, salt, digest, reply_to, target, edited, deleted, reactions))

struct user_mark {
  std::string user;
  seq_t read = 0;
  seq_t recv = 0;
  bool operator==(const user_mark&) const = default;
};
BOOST_DESCRIBE_STRUCT(user_mark, (), (user, read, recv))

namespace server {

struct advertised_limits {
  std::uint32_t frame = 0;    ///< Bytes.
  std::uint32_t body = 0;     ///< Bytes.
  std::uint32_t rate = 0;     ///< Sends per second; 0 = not limited.
  std::uint32_t inflight = 0; ///< Un-acked sends per connection.
};
BOOST_DESCRIBE_STRUCT(advertised_limits, (), (frame, body, rate, inflight))

struct welcome {
  static constexpr auto wire_name = "welcome";
  request_id re = 0;
  std::string session;
  std::string user;
  std::string node;
  std::uint32_t ping_ms = 0;
  std::string resume;
  advertised_limits limits;
  time_ms time = 0;
};
BOOST_DESCRIBE_STRUCT(welcome, (), (re, session, user, node, ping_ms, resume, limits, time))

struct ok {
  static constexpr auto wire_name = "ok";
  request_id re = 0;
};
BOOST_DESCRIBE_STRUCT(ok, (), (re))

struct pong {
  static constexpr auto wire_name = "pong";
  request_id re = 0;
  time_ms time = 0;
};
BOOST_DESCRIBE_STRUCT(pong, (), (re, time))

struct inbox_row {
  std::string room;
  seq_t head = 0;
  seq_t read = 0;
  std::string role;
};
BOOST_DESCRIBE_STRUCT(inbox_row, (), (room, head, read, role))

struct rooms {
  static constexpr auto wire_name = "rooms";
  request_id re = 0;
  std::vector<inbox_row> rooms;
  bool more = false;
};
BOOST_DESCRIBE_STRUCT(rooms, (), (re, rooms, more))

struct presence_now {
  std::uint64_t version = 0;
  std::vector<std::string> users;
};
BOOST_DESCRIBE_STRUCT(presence_now, (), (version, users))

struct own_standing {
  std::string role;
};
BOOST_DESCRIBE_STRUCT(own_standing, (), (role))

struct joined {
  static constexpr auto wire_name = "joined";
  std::optional<request_id> re; ///< Absent for a room resumed by `hello`.
  std::string room;
  std::string epoch;
  seq_t head = 0;
  seq_t min = 0;     ///< The oldest seq still held; head + 1 when none is.
  std::string chain; ///< At `head`.
  bool recovered = false;
  std::vector<entry> messages;
  bool more = false;
  std::optional<presence_now> presence;
  own_standing me;
};
BOOST_DESCRIBE_STRUCT(joined, (), (re, room, epoch, head, min, chain, recovered, messages, more, presence, me))

struct ack {
  static constexpr auto wire_name = "ack";
  request_id re = 0;
  std::string room;
  std::string cid;
  std::string epoch;
  seq_t seq = 0;
  time_ms time = 0;
  std::string salt;  ///< Lower-case hex, like `chain`. Empty when the message was erased since;
  std::string chain; ///< both may be when `dup`: it was pruned.
  bool dup = false;  ///< Stored by an earlier attempt, or shown before in `joined` or a page.
  protocol::durability durable = protocol::durability::memory;
};
BOOST_DESCRIBE_STRUCT(ack, (), (re, room, cid, epoch, seq, time, salt, chain, dup, durable))

struct page {
  static constexpr auto wire_name = "page";
  request_id re = 0;
  std::string room;
  std::string epoch;
  std::vector<entry> messages;
  bool more = false;
  seq_t min = 0;
  std::string prev; ///< Chain before the first message of the page.
};
BOOST_DESCRIBE_STRUCT(page, (), (re, room, epoch, messages, more, min, prev))

struct departure {
  std::string user;
  std::string why; ///< left, timeout, node_lost
};
BOOST_DESCRIBE_STRUCT(departure, (), (user, why))

/// The answer (`re`), a change (`join`, `leave`) or a snapshot that replaces (`users`,
/// with `count` larger than the list when it is a sample).
struct presence {
  static constexpr auto wire_name = "presence";
  std::optional<request_id> re;
  std::string room;
  std::uint64_t version = 0;
  std::optional<std::vector<std::string>> users;
  std::optional<std::uint32_t> count;
  std::optional<std::vector<std::string>> join;
  std::optional<std::vector<departure>> leave;
};
BOOST_DESCRIBE_STRUCT(presence, (), (re, room, version, users, count, join, leave))

struct typing {
  static constexpr auto wire_name = "typing";
  std::string room;
  std::string user;
};
BOOST_DESCRIBE_STRUCT(typing, (), (room, user))

struct marks {
  static constexpr auto wire_name = "marks";
  std::string room;
  std::vector<user_mark> marks;
};
BOOST_DESCRIBE_STRUCT(marks, (), (room, marks))

struct message {
  static constexpr auto wire_name = "message";
  std::string room;
  std::string epoch;
  seq_t seq = 0;
  std::string from;
  std::string cid;
  time_ms time = 0;
  std::string kind;
  std::string body; ///< Empty, like `salt`, when the message was erased before it came here.
  std::string salt;
  std::optional<seq_t> reply_to;
  std::optional<seq_t> target;
  std::optional<std::string> digest; ///< Of what was erased; lower-case hex.
};
BOOST_DESCRIBE_STRUCT(message, (), (room, epoch, seq, from, cid, time, kind, body, salt, reply_to, target, digest))

/// The server dropped these for this slow connection: `fetch` them.
struct gap {
  static constexpr auto wire_name = "gap";
  std::string room;
  seq_t from = 0;
  seq_t to = 0;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(gap, (), (room, from, to, reason))

struct head {
  static constexpr auto wire_name = "head";
  std::string room;
  seq_t seq = 0;
};
BOOST_DESCRIBE_STRUCT(head, (), (room, seq))

struct activity {
  static constexpr auto wire_name = "activity";
  std::string room;
  seq_t seq = 0;
  std::string from;
};
BOOST_DESCRIBE_STRUCT(activity, (), (room, seq, from))

struct goaway {
  static constexpr auto wire_name = "goaway";
  std::uint32_t after_ms = 0;
  std::string resume;
};
BOOST_DESCRIBE_STRUCT(goaway, (), (after_ms, resume))

struct closed {
  static constexpr auto wire_name = "closed";
  std::string room;
  std::string reason; ///< left, kicked, banned, deleted
};
BOOST_DESCRIBE_STRUCT(closed, (), (room, reason))

struct error {
  static constexpr auto wire_name = "error";
  std::optional<request_id> re;
  protocol::code code = protocol::code::internal;
  std::string message; ///< What is wrong and what to do next, in one sentence.
  protocol::retry retry = protocol::retry::never;
  std::optional<std::uint32_t> after_ms;
  std::optional<std::string> cid;
  std::optional<seq_t> seq;
};
BOOST_DESCRIBE_STRUCT(error, (), (re, code, message, retry, after_ms, cid, seq))

} // namespace server
} // namespace troupe::protocol
