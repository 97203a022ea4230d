// What a client asks, one function a request.
#include "actors/connection_core.hpp"

#include "actors/moderation.hpp"
#include "protocol/limits.hpp"
#include "protocol/names.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using protocol::close_code;
using protocol::code;
using protocol::retry;
namespace limits = protocol::limits;

namespace {

constexpr std::size_t early_requests_max = 64;
/// Rows of many rooms each, which the readers of the log take for everybody.
constexpr std::size_t inboxes_inflight_max = 2;

subscription::wants wants_of(const std::optional<std::vector<std::string>>& names) {
  if (!names)
    return {};
  const auto named = [&](std::string_view name) {
    return std::find(names->begin(), names->end(), name) != names->end();
  };
  return {named("presence"), named("typing"), named("marks")};
}

} // namespace

void connection_core::received(std::string_view frame, time_ms now) {
  now_ = now;
  last_received_ = now;
  if (state_ == state::draining || state_ == state::closed)
    return;
  auto decoded = protocol::decode_json(frame);
  if (const auto* failure = std::get_if<protocol::decode_failure>(&decoded))
    return strike(*failure);
  perform(std::move(std::get<protocol::request>(decoded)), now);
}

void connection_core::strike(const protocol::decode_failure& why) {
  refuse(why.id, why.code, why.message, why.code == code::unauthorized ? retry::reauth : retry::never, std::nullopt,
         why.cid);
  if (why.code == code::bad_request && ++strikes_ >= limits::strikes_max)
    give_up(close_code::protocol, "too many frames that are not troupe.v1");
}

void connection_core::perform(protocol::request what, time_ms now) {
  switch (state_) {
  case state::greeting:
    if (!std::holds_alternative<protocol::client::hello>(what)) {
      refuse(id_of(what), code::unauthorized, "say hello first", retry::reauth);
      return give_up(close_code::not_authenticated, "hello must come first");
    }
    state_ = state::signing_in;
    return send_through(std::move(what), now);
  case state::signing_in:
    if (early_.size() >= early_requests_max)
      return refuse(id_of(what), code::overloaded, "wait for welcome", retry::after, 1'000);
    early_.push_back(std::move(what));
    return;
  case state::live: break;
  case state::draining:
  case state::closed: return;
  }
  if (std::holds_alternative<protocol::client::hello>(what))
    return refuse(id_of(what), code::bad_request, "hello was said already", retry::never);
  if (auto* ping = std::get_if<protocol::client::ping>(&what))
    return on(*ping, now);
  send_through(std::move(what), now);
}

// -- through the chain and out of it --------------------------------------------------------------

void connection_core::send_through(protocol::request what, time_ms now) {
  const auto& chain = around_.port.chain_for(*verb_of(what), room_of(what));
  const passage_ptr made{new passage{endpoint::ws, std::move(what), requester_, *this, chain, now}};
  if (!gate_)
    gate_ = std::make_unique<gate>();
  if (!gate_->enter(made))
    refuse(id_of(made->request), code::overloaded, "too many requests wait: wait for their answers", retry::after,
           1'000);
}

void connection_core::passed(passage& what) {
  if (what.found) {
    const auto before = std::exchange(requester_.who, std::move(*what.found));
    what.found.reset(); // From here on it is who the connection is.
    leave_what_was_lost(before);
  }
  if (state_ != state::draining && state_ != state::closed)
    std::visit([&](auto& request) { on(request, now_); }, what.request);
  gate_->left(what);
}

void connection_core::refused(passage& what, protocol::server::error why) {
  why.re = id_of(what.request);
  std::visit(
    [&](const auto& request) {
      if constexpr (requires { request.cid; })
        why.cid = request.cid;
    },
    what.request);
  answer(why);
  if (what.what == verb::hello)
    return give_up(why.code == code::unauthorized ? close_code::not_authenticated : close_code::rate,
                   "hello was refused");
  gate_->left(what);
}

/// An answer that a step had takes the same way as one from the room; but nobody here waits for what it reads.
void connection_core::answered(passage& what, to_connection::news with) {
  if (const auto* page = std::get_if<protocol::server::page>(&with))
    answer_at_length(*page);
  else if (const auto* presence = std::get_if<protocol::server::presence>(&with))
    answer_at_length(*presence);
  else if (const auto* list = std::get_if<protocol::server::rooms>(&with))
    answer_at_length(*list);
  else if (const auto* ok = std::get_if<protocol::server::ok>(&with))
    answer(*ok);
  else if (const auto* error = std::get_if<protocol::server::error>(&with))
    answer(*error);
  else if (state_ != state::closed)
    std::visit([&](auto& news) { on(news, now_); }, with);
  gate_->left(what);
}

void connection_core::broke(passage&) { give_up(close_code::draining, "a request failed here: reconnect and resume"); }

/// Live: the room has answered the join, and what it published since has been passed on without a hole.
bool connection_core::takes_copy(const passage& what) const {
  const auto* fetch = std::get_if<protocol::client::fetch>(&what.request);
  const auto* mine = fetch ? find(fetch->room) : nullptr;
  return mine && mine->where() == subscription::state::live;
}

void connection_core::on(protocol::client::hello& what, time_ms now) {
  if (user().empty()) {
    refuse(what.id, code::unauthorized, "nobody here says who you are: the chain of hello has no authenticate",
           retry::never);
    return give_up(close_code::not_authenticated, "no identity");
  }
  unsigned char random[7]; // As hex it fits into a string without an allocation; it is a name, not a secret.
  around_.port.draw(random, sizeof random);
  to_user::sign_in request{requester_.id, what.id, {}, protocol::to_hex(random)};
  if (what.resume)
    if (auto resumed = around_.tokens.read(*what.resume, now); resumed && resumed->user == user())
      request.session = std::move(resumed->session);
  hello_ = std::make_unique<protocol::client::hello>(std::move(what));
  around_.port.tell_user(user(), std::move(request));
}

void connection_core::on(protocol::client::refresh& what, time_ms) {
  settle(what.id, {outcome::kind::ok, std::nullopt});
  answer(protocol::server::ok{what.id});
}

/// A new token may allow less. Where it brings no role any more the room is to be joined anew, and judges that.
void connection_core::leave_what_was_lost(const known_user& before) {
  if (!before.claims)
    return;
  for (const auto& room : rooms()) {
    const auto now = requester_.who.granted_in(room);
    if (now != protocol::role::banned && (now || !before.granted_in(room)))
      continue;
    around_.port.tell_room(room, to_relay::ask{to_room::leave{"", requester_.id, user(), std::nullopt, false, false}});
    hear(to_connection::expelled{room, now == protocol::role::banned ? "banned" : "forbidden"}, now_);
  }
}

void connection_core::on(protocol::client::ping& what, time_ms now) { answer(protocol::server::pong{what.id, now}); }

void connection_core::on(protocol::client::rooms& what, time_ms now) {
  if (refused_for_the_unread(what.id))
    return;
  if (pending(question::inbox) >= inboxes_inflight_max)
    return refuse(what.id, code::rate_limited, "too many lists of rooms at a time: wait for an answer", retry::after,
                  200);
  pending_.push_back({what.id, "", question::inbox, false, 0, now, false, true});
  around_.port.tell_user(user(), to_user::inbox{requester_.id, what.id, what.after.value_or("")});
}

// -- rooms --------------------------------------------------------------------------------------

void connection_core::on(protocol::client::join& what, time_ms now) {
  start_join(what.room, what.id, std::move(what.since), what.limit, wants_of(what.want), now);
}

void connection_core::start_join(const std::string& room, std::optional<request_id> re,
                                 std::optional<protocol::position> since, std::optional<std::uint32_t> limit,
                                 subscription::wants wants, time_ms now) {
  const auto under_way = std::any_of(pending_.begin(), pending_.end(), [&](const auto& p) {
    return p.room == room && (p.what == question::join || p.closes_gap);
  });
  if (under_way)
    return refuse(re, code::conflict, "a join or fetch of this room is on its way: wait for its answer", retry::after,
                  200);
  if (!find(room)) {
    if (subscriptions_.size() >= around_.options.session.rooms_per_connection_max && !re)
      return answer(protocol::server::closed{room, "overloaded"});
    if (subscriptions_.size() >= around_.options.session.rooms_per_connection_max)
      return refuse(re, code::overloaded, "too many rooms on this connection: leave one first", retry::never);
    auto& mine = subscriptions_[room] = std::make_unique<subscription>(wants);
    around_.port.subscribe(room, *mine);
  }
  find(room)->begin_catching();
  pending_.push_back({re.value_or(0), room, question::join, false, 0, now, since.has_value(), re.has_value()});
  around_.port.tell_room(room, to_relay::ask{to_room::join{"", requester_.id, user(), re, std::move(since), limit,
                                                           wants.presence, requester_.who.granted_in(room)}});
}

void connection_core::on(protocol::client::leave& what, time_ms now) {
  const bool forget = what.forget.value_or(false);
  const bool joined = find(what.room) != nullptr;
  end_subscription(what.room);
  withdraw_join(what.room);
  if (!joined && !forget) {
    settle(what.id, {outcome::kind::ok, std::nullopt});
    return answer(protocol::server::ok{what.id});
  }
  if (pending(question::leave) >= around_.options.session.inflight_max)
    return leave_unasked(what.room, what.id, forget);
  pending_.push_back({what.id, what.room, question::leave, false, 0, now, false, true});
  around_.port.tell_room(what.room, to_relay::ask{to_room::leave{"", requester_.id, user(), what.id, forget, false}});
}

/// Who leaves is out, however many answers they wait for; but that they do not belong any more has to be known.
void connection_core::leave_unasked(const std::string& room, request_id re, bool forget) {
  around_.port.tell_room(room, to_relay::ask{to_room::leave{"", requester_.id, user(), std::nullopt, false, false}});
  if (forget)
    return refuse(re, code::rate_limited, "left, and still belonging: too many leaves wait for their answer",
                  retry::after, 500);
  settle(re, {outcome::kind::ok, std::nullopt});
  answer(protocol::server::ok{re});
}

void connection_core::on(protocol::client::send& what, time_ms) {
  to_relay::send send;
  send.re = what.id;
  send.cid = std::move(what.cid);
  send.kind = what.kind ? std::move(*what.kind) : "text";
  send.body = std::move(what.body);
  send.reply_to = what.reply_to.value_or(0);
  send.target = what.target.value_or(0);
  submit(what.room, std::move(send));
}

void connection_core::on(protocol::client::moderate& what, time_ms) {
  to_relay::send send;
  send.re = what.id;
  send.kind = system_kind;
  send.body = body_of(order_of(what), user());
  send.cid = std::move(what.cid);
  submit(what.room, std::move(send));
}

void connection_core::submit(const std::string& room, to_relay::send what) {
  if (inflight_ >= around_.options.session.inflight_max)
    return refuse(what.re, code::rate_limited, "too many sends wait for their ack", retry::after, 500, what.cid);
  ++inflight_;
  what.connection = requester_.id;
  what.user = user();
  what.granted = requester_.who.granted_in(room);
  around_.port.draw(what.salt.data(), what.salt.size());
  around_.port.tell_room(room, std::move(what));
}

void connection_core::on(protocol::client::fetch& what, time_ms now) {
  if (refused_for_the_unread(what.id))
    return;
  if (pending(question::fetch) >= around_.options.session.fetches_inflight_max)
    return refuse(what.id, code::rate_limited, "too many fetches at a time: wait for an answer", retry::after, 200);
  pending_request request{what.id, what.room, question::fetch, false, what.after.value_or(0), now, false, true};
  if (auto* mine = find(what.room); mine && what.after && mine->where() == subscription::state::gapped)
    request.closes_gap = mine->begin_catching();
  pending_.push_back(std::move(request));
  around_.port.tell_room(
    what.room, to_relay::ask{to_room::fetch{"", requester_.id, user(), what.id, what.after, what.before, what.limit,
                                            what.raw.value_or(false), requester_.who.granted_in(what.room)}});
}

void connection_core::on(protocol::client::presence& what, time_ms now) {
  if (refused_for_the_unread(what.id)) {
    if (auto* mine = find(what.room))
      mine->lacks_snapshot();
    return;
  }
  if (pending(question::presence) >= around_.options.session.inflight_max)
    return refuse(what.id, code::rate_limited, "too many requests for presence wait for their answer", retry::after,
                  500);
  pending_.push_back({what.id, what.room, question::presence, false, 0, now, false, true});
  around_.port.tell_room(
    what.room, to_relay::ask{to_room::who{"", requester_.id, user(), what.id, requester_.who.granted_in(what.room)}});
}

void connection_core::on(protocol::client::typing& what, time_ms) {
  if (!find(what.room))
    return refuse(std::nullopt, code::forbidden, "join the room before you type in it", retry::never);
  around_.port.tell_room(
    what.room, to_relay::ask{to_room::typing{"", requester_.id, user(), requester_.who.granted_in(what.room)}});
}

void connection_core::on(protocol::client::mark& what, time_ms) {
  around_.port.tell_room(what.room,
                         to_relay::ask{to_room::mark{"", requester_.id, user(), what.read.value_or(0),
                                                     what.recv.value_or(0), requester_.who.granted_in(what.room)}});
}

} // namespace troupe::actors
