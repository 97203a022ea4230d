// protocol/codec.hpp
//
// Frames to structs and back. The JSON codec walks the field lists of messages.hpp;
// a compact binary codec will stand beside it behind the same functions.
#pragma once

#include "protocol/messages.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace troupe::protocol {

/// Any request a client can send.
using request =
  std::variant<client::hello, client::refresh, client::ping, client::rooms, client::join, client::leave, client::send,
               client::fetch, client::presence, client::typing, client::mark, client::moderate>;

/// Why a frame was not understood. `id` and `cid` are given as far as they could be
/// read, so that the error can be matched with its request.
struct decode_failure {
  protocol::code code = protocol::code::bad_request;
  std::string message; ///< What is wrong and what to do.
  std::optional<request_id> id;
  std::optional<std::string> cid;
};

/// Decodes one client frame under the caps of limits.hpp.
///
/// Order of fields: any; `type` may stand last. Unknown fields are skipped, duplicate
/// keys, wrong types, null, numbers out of range, depth over 16 and trailing bytes are
/// refused, a missing required field too. Checks the form of names, cids and bodies
/// (protocol/names.hpp, limits.hpp); nothing that depends on state. Never throws.
/// Threading: re-entrant; keeps one parser per thread for its buffers.
std::variant<request, decode_failure> decode_json(std::string_view frame);

/// Appends `{"type":"…",…}` to `out`. Absent optionals are left out. Strings must be UTF-8.
template <class Message>
void encode_json(std::string& out, const Message& message);

/// Any frame a server can send, for clients of ours (chat, bench, prove, tests).
using push = std::variant<server::welcome, server::ok, server::pong, server::rooms, server::joined, server::ack,
                          server::page, server::presence, server::typing, server::marks, server::message, server::gap,
                          server::head, server::activity, server::goaway, server::closed, server::error>;

/// Decodes one server frame; unknown fields are skipped. Server frames may be up to
/// `server_frame_bytes_max` long. Never throws.
std::variant<push, decode_failure> decode_server_json(std::string_view frame);

} // namespace troupe::protocol
