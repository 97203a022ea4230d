#include "protocol/request_form.hpp"

#include "protocol/described.hpp"
#include "protocol/limits.hpp"
#include "protocol/names.hpp"
#include "protocol/roles.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace troupe::protocol {

namespace {

using verdict = std::optional<form_error>;

verdict wrong(std::string message) { return form_error{code::bad_request, std::move(message)}; }

verdict too_large(std::string_view field, std::size_t bytes_max) {
  return form_error{code::too_large,
                    "`" + std::string{field} + "` is longer than " + std::to_string(bytes_max) + " bytes: shorten it."};
}

verdict room(std::string_view name) {
  if (is_room(name))
    return std::nullopt;
  return wrong("`room` is not a room name: use 1 to 160 of A-Z a-z 0-9 _ . : / @ -.");
}

verdict page_limit(std::uint32_t limit) {
  if (limit <= limits::page_messages_max)
    return std::nullopt;
  return wrong("`limit` is above " + std::to_string(limits::page_messages_max) + ": ask for less and follow `more`.");
}

verdict epoch(std::string_view text) {
  if (text.size() <= limits::epoch_bytes_max)
    return std::nullopt;
  return wrong("`epoch` is not one of ours: give it back as it came in `joined`.");
}

/// Too long for any token of ours: answered as every other bad token is.
verdict token(std::string_view text) {
  if (text.size() <= limits::token_bytes_max)
    return std::nullopt;
  return form_error{code::unauthorized, token_not_accepted};
}

// -- one for each request ---------------------------------------------------------

verdict form_of(const client::hello& hello) {
  if (hello.token)
    if (auto bad = token(*hello.token))
      return bad;
  if (hello.user && !is_user(*hello.user))
    return wrong("`user` is not a user id: use 1 to 64 of A-Z a-z 0-9 _ . @ -.");
  if (hello.resume && hello.resume->size() > limits::resume_bytes_max)
    return too_large("resume", limits::resume_bytes_max);
  if (hello.sdk && hello.sdk->size() > limits::sdk_bytes_max)
    return too_large("sdk", limits::sdk_bytes_max);
  std::vector<std::string_view> names;
  for (const auto& position : hello.rooms) {
    if (auto bad = room(position.room))
      return bad;
    if (auto bad = epoch(position.epoch))
      return bad;
    names.push_back(position.room);
  }
  std::ranges::sort(names);
  if (std::ranges::adjacent_find(names) != names.end())
    return wrong("`rooms` names a room twice: give each room one position.");
  return std::nullopt;
}

verdict form_of(const client::refresh& refresh) { return token(refresh.token); }

verdict form_of(const client::ping&) { return std::nullopt; }

verdict form_of(const client::rooms& rooms) {
  if (rooms.after && !is_room(*rooms.after))
    return wrong("`after` is not a room name: give the last room of the page before.");
  return std::nullopt;
}

verdict form_of(const client::join& join) {
  if (auto bad = room(join.room))
    return bad;
  if (join.since)
    if (auto bad = epoch(join.since->epoch))
      return bad;
  return join.limit ? page_limit(*join.limit) : std::nullopt;
}

verdict form_of(const client::leave& leave) { return room(leave.room); }

verdict form_of(const client::send& send) {
  if (auto bad = room(send.room))
    return bad;
  if (!ulid_time(send.cid))
    return wrong("`cid` is not a ULID: use 26 digits of Crockford's base 32 in upper case.");
  const std::string_view kind = send.kind ? std::string_view{*send.kind} : "text";
  if (!is_client_kind(kind))
    return wrong("`kind` is unknown: use text, edit, delete, reaction, or x- and up to 30 of a-z 0-9 -.");
  if (send.body.size() > limits::body_bytes_max)
    return too_large("body", limits::body_bytes_max);
  if (kind == "delete" ? !send.body.empty() : send.body.empty())
    return wrong(kind == "delete" ? "`body` of a delete must be empty." : "`body` is empty: give at least one byte.");
  if (kind == "reaction" && send.body.size() > limits::reaction_bytes_max)
    return too_large("body", limits::reaction_bytes_max);
  const bool about_another = kind == "edit" || kind == "delete" || kind == "reaction";
  if (about_another && send.target.value_or(0) == 0)
    return wrong("`target` is required for edit, delete and reaction: give the seq of the message meant.");
  if (send.target && (*send.target == 0 || kind == "text"))
    return wrong("`target` does not belong here: leave it out, or use `reply_to` to answer a message.");
  if (send.reply_to && (*send.reply_to == 0 || about_another))
    return wrong("`reply_to` does not belong here: leave it out, or give the seq of a message to answer.");
  return std::nullopt;
}

verdict form_of(const client::moderate& what) {
  if (auto bad = room(what.room))
    return bad;
  if (!ulid_time(what.cid))
    return wrong("`cid` is not a ULID: use 26 digits of Crockford's base 32 in upper case.");
  const auto action = enum_from<moderation>(what.action);
  if (!action)
    return wrong("`action` is unknown: use kick, ban, unban, mute, unmute, role or slow_mode.");
  const bool of_the_room = *action == moderation::slow_mode;
  if (what.user.has_value() == of_the_room)
    return wrong(of_the_room ? "`user` does not belong here: slow_mode is for everybody."
                             : "`user` is required: say who is meant.");
  if (what.user && !is_user(*what.user))
    return wrong("`user` is not a user id: use 1 to 64 of A-Z a-z 0-9 _ . @ -.");
  if (what.role.has_value() != (*action == moderation::role))
    return wrong("`role` belongs to action role, and to no other.");
  if (what.role && (!enum_from<role>(*what.role) || *what.role == "banned"))
    return wrong("`role` is unknown: use owner, moderator, member, reader or none; to ban is an action of its own.");
  if (what.for_ms && *action != moderation::ban && *action != moderation::mute)
    return wrong("`for_ms` belongs to ban and mute: leave it out.");
  if (what.for_ms && (*what.for_ms == 0 || *what.for_ms > limits::moderation_ms_max))
    return wrong("`for_ms` is out of range: give 1 to " + std::to_string(limits::moderation_ms_max) +
                 ", or leave it out for ever.");
  if (what.interval_ms.has_value() != of_the_room)
    return wrong("`interval_ms` belongs to action slow_mode, and to no other.");
  if (what.interval_ms && *what.interval_ms > limits::slow_mode_ms_max)
    return wrong("`interval_ms` is above " + std::to_string(limits::slow_mode_ms_max) + ": give less, or 0 for none.");
  if (what.reason && what.reason->size() > limits::reason_bytes_max)
    return too_large("reason", limits::reason_bytes_max);
  return std::nullopt;
}

verdict form_of(const client::fetch& fetch) {
  if (auto bad = room(fetch.room))
    return bad;
  if (fetch.after && fetch.before)
    return wrong("`after` and `before` exclude each other: give one of them, or neither for the newest page.");
  if (fetch.limit == 0)
    return wrong("`limit` is 0: ask for 1 to " + std::to_string(limits::page_messages_max) + " messages.");
  return page_limit(fetch.limit);
}

verdict form_of(const client::presence& presence) { return room(presence.room); }

verdict form_of(const client::typing& typing) { return room(typing.room); }

verdict form_of(const client::mark& mark) {
  if (auto bad = room(mark.room))
    return bad;
  if (!mark.read && !mark.recv)
    return wrong("`mark` marks nothing: give `read`, `recv` or both.");
  return std::nullopt;
}

} // namespace

std::optional<form_error> check_form(const request& what) {
  return std::visit([](const auto& message) { return form_of(message); }, what);
}

} // namespace troupe::protocol
