// What a client asks, one function a request.
#include "actors/connection_core.hpp"

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

std::optional<request_id> id_of(const protocol::request& what) {
  return std::visit(
    [](const auto& r) -> std::optional<request_id> {
      if constexpr (requires { r.id; })
        return r.id;
      else
        return std::nullopt;
    },
    what);
}

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
    break;
  case state::signing_in:
    if (early_.size() >= early_requests_max)
      return refuse(id_of(what), code::overloaded, "wait for welcome", retry::after, 1'000);
    early_.push_back(std::move(what));
    return;
  case state::live: break;
  case state::draining:
  case state::closed: return;
  }
  std::visit([&](auto& request) { on(request, now); }, what);
}

bool connection_core::admitted(time_ms now, std::optional<request_id> re) {
  const auto wait_ms = requests_.take(now);
  if (wait_ms > 0)
    refuse(re, code::rate_limited, "too many requests: wait", retry::after, wait_ms);
  return wait_ms == 0;
}

void connection_core::on(protocol::client::hello& what, time_ms now) {
  if (state_ != state::greeting)
    return refuse(what.id, code::bad_request, "hello was said already", retry::never);
  std::optional<resumed_session> resumed;
  if (what.resume)
    resumed = around_.tokens.read(*what.resume, now);
  const auto turn_away = [&](std::string message) {
    refuse(what.id, code::unauthorized, std::move(message), retry::reauth);
    give_up(close_code::not_authenticated, "no identity");
  };
  if (what.token)
    return turn_away("this server takes no tokens (auth.mode is open): give a user");
  if (!what.user && !resumed)
    return turn_away(what.resume ? "the resume token is not good any more: give a user"
                                 : "give a user: 1 to 64 of A-Z a-z 0-9 _ . @ -");
  if (what.user && !protocol::is_user(*what.user))
    return turn_away("a user is 1 to 64 of A-Z a-z 0-9 _ . @ -");
  if (what.user && resumed && resumed->user != *what.user)
    resumed.reset();
  user_ = std::string{what.user ? *what.user : resumed->user}; // A copy has no room to spare, unlike an assignment.
  unsigned char random[7]; // As hex it fits into a string without an allocation; it is a name, not a secret.
  around_.port.draw(random, sizeof random);
  state_ = state::signing_in;
  to_user::sign_in request{id_, what.id, {}, protocol::to_hex(random)};
  if (resumed)
    request.session = resumed->session;
  hello_ = std::make_unique<protocol::client::hello>(std::move(what));
  around_.port.tell_user(user_, std::move(request));
}

void connection_core::on(protocol::client::refresh& what, time_ms) {
  refuse(what.id, code::bad_request, "this server takes no tokens (auth.mode is open): nothing to refresh",
         retry::never);
}

void connection_core::on(protocol::client::ping& what, time_ms now) { answer(protocol::server::pong{what.id, now}); }

void connection_core::on(protocol::client::rooms& what, time_ms now) {
  if (admitted(now, what.id))
    around_.port.tell_user(user_, to_user::inbox{id_, what.id, what.after.value_or("")});
}

// -- rooms --------------------------------------------------------------------------------------

void connection_core::on(protocol::client::join& what, time_ms now) {
  if (!admitted(now, what.id))
    return;
  start_join(what.room, what.id, std::move(what.since), what.limit, wants_of(what.want), now);
}

void connection_core::start_join(const std::string& room, std::optional<request_id> re,
                                 std::optional<protocol::position> since, std::optional<std::uint32_t> limit,
                                 subscription::wants wants, time_ms now) {
  const auto under_way = std::any_of(pending_.begin(), pending_.end(),
                                     [&](const auto& p) { return p.room == room && (p.join || p.closes_gap); });
  if (under_way)
    return refuse(re, code::conflict, "a join or fetch of this room is on its way: wait for its answer", retry::after,
                  200);
  if (!find(room)) {
    if (subscriptions_.size() >= around_.options.session.rooms_per_connection_max)
      return refuse(re, code::overloaded, "too many rooms on this connection: leave one first", retry::never);
    auto& mine = subscriptions_[room] = std::make_unique<subscription>(wants);
    around_.port.subscribe(room, *mine);
  }
  find(room)->begin_catching();
  pending_.push_back({re.value_or(0), room, true, false, 0, now, since.has_value(), re.has_value()});
  around_.port.tell_room(room,
                         to_relay::ask{to_room::join{"", id_, user_, re, std::move(since), limit, wants.presence}});
}

void connection_core::on(protocol::client::leave& what, time_ms now) {
  if (!admitted(now, what.id))
    return;
  const bool forget = what.forget.value_or(false);
  const bool joined = find(what.room) != nullptr;
  end_subscription(what.room);
  std::erase_if(pending_, [&](const auto& p) { return p.room == what.room && p.join; });
  if (!joined && !forget)
    return answer(protocol::server::ok{what.id});
  around_.port.tell_room(what.room, to_relay::ask{to_room::leave{"", id_, user_, what.id, forget, false}});
}

void connection_core::on(protocol::client::send& what, time_ms now) {
  if (inflight_ >= around_.options.session.inflight_max)
    return refuse(what.id, code::rate_limited, "too many sends wait for their ack", retry::after, 500, what.cid);
  if (const auto wait_ms = sends_.take(now); wait_ms > 0)
    return refuse(what.id, code::rate_limited, "too many sends: wait", retry::after, wait_ms, what.cid);
  ++inflight_;
  to_relay::send send;
  send.connection = id_;
  send.re = what.id;
  send.user = user_;
  send.cid = std::move(what.cid);
  send.kind = what.kind ? std::move(*what.kind) : "text";
  send.body = std::move(what.body);
  send.reply_to = what.reply_to.value_or(0);
  send.target = what.target.value_or(0);
  around_.port.draw(send.salt.data(), send.salt.size());
  around_.port.tell_room(what.room, std::move(send));
}

void connection_core::on(protocol::client::fetch& what, time_ms now) {
  if (!admitted(now, what.id))
    return;
  const auto unanswered = std::count_if(pending_.begin(), pending_.end(), [](const auto& p) { return !p.join; });
  if (unanswered >= around_.options.session.fetches_inflight_max)
    return refuse(what.id, code::rate_limited, "too many fetches at a time: wait for an answer", retry::after, 200);
  pending_request request{what.id, what.room, false, false, what.after.value_or(0), now, false, true};
  if (auto* mine = find(what.room); mine && what.after && mine->where() == subscription::state::gapped)
    request.closes_gap = mine->begin_catching();
  pending_.push_back(std::move(request));
  around_.port.tell_room(what.room, to_relay::ask{to_room::fetch{"", id_, user_, what.id, what.after, what.before,
                                                                 what.limit, what.raw.value_or(false)}});
}

void connection_core::on(protocol::client::presence& what, time_ms now) {
  if (admitted(now, what.id))
    around_.port.tell_room(what.room, to_relay::ask{to_room::who{"", id_, user_, what.id}});
}

void connection_core::on(protocol::client::typing& what, time_ms now) {
  if (!admitted(now, std::nullopt))
    return;
  if (!find(what.room))
    return refuse(std::nullopt, code::forbidden, "join the room before you type in it", retry::never);
  around_.port.tell_room(what.room, to_relay::ask{to_room::typing{"", id_, user_}});
}

void connection_core::on(protocol::client::mark& what, time_ms now) {
  if (admitted(now, std::nullopt))
    around_.port.tell_room(what.room,
                           to_relay::ask{to_room::mark{"", id_, user_, what.read.value_or(0), what.recv.value_or(0)}});
}

} // namespace troupe::actors
