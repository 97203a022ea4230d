// checker/event.hpp
//
// What one line of a recorder's file says. One struct for all kinds of event, because
// a history is read by people and by other languages: absent fields are simply not there.
#pragma once

#include "protocol/messages.hpp"

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::checker {

using protocol::request_id;
using protocol::seq_t;
using protocol::time_ms;

/// What happened. README.md of this folder lists the fields each kind carries.
enum class happening : std::uint8_t {
  connected, ///< A connection began: conn, client, user.
  lost,      ///< It ended: conn, code. What it had not answered is `unknown` from here on.
  send,      ///< Just before the frame was given to the socket: conn, id, room, cid, kind, body, …
  ack,       ///< conn, id, room, cid, epoch, seq, time, salt, chain, dup, durable
  refused,   ///< conn, id, cid, code, retry
  unknown,   ///< The outcome of that attempt will never be known: conn, id, cid
  joined,    ///< conn, room, epoch, head, min, chain, recovered, more, since?; its messages follow
  message,   ///< conn, room, epoch, seq, from, cid, kind, body, digest, time, via; in order of arrival
  page,      ///< conn, room, epoch, toward, seq, more, min, chain (its `prev`); its messages follow
  gap,       ///< conn, room, first, last
  left,      ///< The subscription ended, or was asked to: conn, room
  baseline,  ///< Of a room that existed before the recording: room, seq. Older rows are not judged as sent.
  term,      ///< The owner's term of a stored row, where it is known: room, seq, term
  fault,     ///< Something was done to the server: what
  history,   ///< The final history of a room begins: room, epoch, min, head, chain (before `min`)
  stored,    ///< A row of it, ascending: room, seq, from, cid, kind, body, digest, time, …
  settled,   ///< Nothing was under way any more: whoever is still joined has everything.
  end,       ///< The recorder was closed in good order.
};
BOOST_DESCRIBE_ENUM(happening, connected, lost, send, ack, refused, unknown, joined, message, page, gap, left, baseline,
                    term, fault, history, stored, settled, end)

/// One line.
struct event {
  happening ev = happening::end;
  std::int64_t at_us = 0; ///< The recorder's steady clock, microseconds; set by `recorder`.
  std::uint64_t conn = 0; ///< Numbers connections from 1, never reused within a file.
  std::string client;     ///< Names a device across its connections.
  std::string user;
  request_id id = 0; ///< Of the request; the answer carries it as `re`.
  std::string room;
  std::string epoch;
  seq_t seq = 0;
  std::string from;
  std::string cid;
  std::string kind;
  std::string body;   ///< `body_mark` of the body; absent when it was erased.
  std::string digest; ///< `protocol::body_digest(salt, body)` in hex.
  std::string salt;
  std::string chain;
  time_ms time = 0;
  seq_t reply_to = 0;
  seq_t target = 0;
  bool dup = false;
  std::string durable;
  std::string code;
  std::string retry;
  std::string via;     ///< push, joined, page
  bool folded = false; ///< Shown as edited, deleted or superseded: its body is not the event's own.
  std::string since_epoch;
  seq_t since = 0;
  bool recovered = false;
  bool more = false;
  std::string toward; ///< after, before, newest
  seq_t head = 0;
  seq_t min = 0;
  seq_t first = 0;
  seq_t last = 0;
  std::uint64_t term = 0;
  std::string what;
  bool operator==(const event&) const = default;
};
BOOST_DESCRIBE_STRUCT(event, (),
                      (ev, at_us, conn, client, user, id, room, epoch, seq, from, cid, kind, body, digest, salt, chain,
                       time, reply_to, target, dup, durable, code, retry, via, folded, since_epoch, since, recovered,
                       more, toward, head, min, first, last, term, what))

/// A fingerprint of a body that needs no salt: SHA-256 over 16 zero bytes and the body, in hex.
/// Recordings hold it in place of bodies.
std::string body_mark(std::string_view body);

/// One line of JSON, without the line's end. Fields at their default are left out.
void append_line(std::string& out, const event& what);

/// Reads a line back, or says what is wrong with it. Unknown fields are skipped.
std::variant<event, std::string> read_line(std::string_view line);

} // namespace troupe::checker
