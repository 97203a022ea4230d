// protocol/errors.hpp
//
// What can go wrong, in the words clients see. Numbers are stable: append only.
#pragma once

#include <boost/describe/enum.hpp>

#include <cstdint>

namespace troupe::protocol {

/// The `code` of an `error`. Values are part of recordings: append only.
enum class code : std::uint8_t {
  bad_request = 1,        ///< The frame or a field is not what the protocol says.
  unauthorized = 2,       ///< No valid identity.
  forbidden = 3,          ///< This identity may not do that here.
  not_found = 4,          ///< No such room, message or method.
  conflict = 5,           ///< The `cid` was used for something else, or is too old to tell.
  too_large = 6,          ///< One past a limit of size.
  rate_limited = 7,       ///< One past a limit of rate; `after_ms` says when.
  overloaded = 8,         ///< A bound of the server is reached; try again.
  not_owner = 9,          ///< The room lives elsewhere now; try again.
  store_unavailable = 10, ///< The store does not answer; the outcome of a send is open.
  storage_full = 11,      ///< No space for messages; reading goes on.
  timeout = 12,           ///< No answer in time; the outcome of a send is open.
  internal = 13,          ///< A bug of ours.
};
BOOST_DESCRIBE_ENUM(code, bad_request, unauthorized, forbidden, not_found, conflict, too_large, rate_limited,
                    overloaded, not_owner, store_unavailable, storage_full, timeout, internal)

/// What the client should do next. For a `send`, only `same` leaves the outcome
/// open; every other value means: surely not stored by this attempt.
enum class retry : std::uint8_t {
  never = 1,  ///< It will not succeed unchanged.
  same = 2,   ///< Send the same frame with the same `cid` again, with back-off.
  after = 3,  ///< The same, after `after_ms`.
  resume = 4, ///< Reconnect first.
  reauth = 5, ///< `refresh` first.
};
BOOST_DESCRIBE_ENUM(retry, never, same, after, resume, reauth)

/// WebSocket close codes. 4000–4399: reconnect and resume; 4400–4499: reconnect
/// with back-off after fixing the cause; 4500–4999: do not reconnect.
enum class close_code : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  bad_payload = 1007,
  policy = 1008,
  too_big = 1009,
  draining = 4001,
  slow_consumer = 4008,
  idle = 4009,
  protocol = 4400,
  not_authenticated = 4401,
  rate = 4429,
  banned = 4503,
};

/// How safe an acked message is.
enum class durability : std::uint8_t { memory = 1, disk = 2, replicated = 3 };
BOOST_DESCRIBE_ENUM(durability, memory, disk, replicated)

} // namespace troupe::protocol
