// Who asked the room what, and what becomes of it: the half of relay_core that is not about messages.
#include "actors/relay_core.hpp"
#include "actors/sequencer.hpp"

#include <boost/describe/enum_to_string.hpp>

#include <utility>

namespace troupe::actors {

using protocol::code;
using protocol::retry;

/// One past the bound. Who leaves is out all the same: nothing is kept for that, and no room needed.
void relay_core::turn_away(const to_room::command& question, relay_effects& out) {
  const auto why =
    refusal(code::overloaded, "too many requests wait for this room: try again a little later", retry::after, 1'000);
  const auto* leave = std::get_if<to_room::leave>(&question);
  if (!leave)
    return fail(question, why, out);
  end_membership(leave->connection, false, out);
  if (leave->forget)
    return fail(question, why, out);
  out.emplace_back(relay_does::reply{leave->connection, protocol::server::ok{*leave->re}});
}

/// A join without a number (a room of `hello`, or another log) has nothing that an error could name: it is told
/// as the end of the membership.
void relay_core::fail(const to_room::command& question, protocol::server::error why, relay_effects& out) {
  const auto connection = asker_of(question);
  const bool join = std::holds_alternative<to_room::join>(question);
  if (join)
    end_membership(connection, true, out);
  if (const auto re = request_of(question)) {
    why.re = re;
    out.emplace_back(relay_does::reply{connection, std::move(why)});
  } else if (join) {
    out.emplace_back(relay_does::reply{
      connection, to_connection::expelled{room_, boost::describe::enum_to_string(why.code, "internal")}});
  }
}

void relay_core::on(from_room::admitted& what, time_ms, relay_effects& out) {
  if (what.answer.epoch != epoch_)
    return; // The room as it was; the one that follows it was asked again.
  if (what.answer.head < begins_after_)
    return; // It was asked before this relay attached, and again after: what lies between would be missing.
  if (asked_.settle<to_room::join>(what.connection, what.answer.re))
    out.emplace_back(relay_does::reply{what.connection, std::move(what.answer)});
}

void relay_core::on_failure(connection_id connection, protocol::server::error why, relay_effects& out) {
  if (const auto question = asked_.take_failed(connection, why.re))
    fail(*question, std::move(why), out);
}

void relay_core::on(from_room::answered& what, time_ms, relay_effects& out) {
  namespace server = protocol::server;
  const auto connection = what.connection;
  std::visit(
    [&](auto& answer) {
      using type = std::remove_reference_t<decltype(answer)>;
      if constexpr (std::is_same_v<type, server::error>) {
        return on_failure(connection, std::move(answer), out);
      } else if constexpr (std::is_same_v<type, server::ok>) {
        if (!asked_.settle<to_room::leave>(connection, answer.re))
          return;
      } else if constexpr (std::is_same_v<type, server::page>) {
        if (answer.epoch != epoch_ || !asked_.settle<to_room::fetch>(connection, answer.re))
          return;
      } else {
        if (connection == 0) { // Asked by the relay itself, for all its members.
          out.emplace_back(relay_does::spread{std::move(answer), ""});
          return;
        }
        if constexpr (std::is_same_v<type, server::presence>)
          if (!asked_.settle<to_room::who>(connection, answer.re))
            return;
      }
      out.emplace_back(relay_does::reply{connection, std::move(answer)});
    },
    what.answer);
}

/// The stream begins anew: each member is told where it stands. Who joins just now hears it anyway.
void relay_core::rejoin_all(const protocol::position& since, relay_effects& out) {
  out.emplace_back(relay_does::restart{});
  for (const auto& [connection, user] : members_) {
    if (asked_.has_join(connection))
      continue;
    to_room::join again{node_, connection, user, std::nullopt, since, std::nullopt, true, granted_to(connection)};
    asked_.add(again);
    out.emplace_back(relay_does::tell_room{std::move(again)});
  }
}

/// A refill has no holes: the log does not hold any more what comes next here. The members are told where they stand, as
/// in another log; so is who was asked for from before the hole. A page that reads on from there would be taken for the
/// stream behind it. Sends whose messages lie in the hole are told to the room again.
void relay_core::skip_to(seq_t last, relay_effects& out) {
  for (auto& question : asked_.in_order()) {
    const auto* fetch = std::get_if<to_room::fetch>(&question);
    if (fetch && fetch->after) {
      asked_.withdraw(fetch->connection, fetch->re);
      fail(question,
           refusal(code::overloaded, "this node fell behind the room, whose log is shorter: fetch again", retry::same),
           out);
    } else if (std::holds_alternative<to_room::join>(question)) {
      out.emplace_back(relay_does::tell_room{std::move(question)});
    }
  }
  rejoin_all({epoch_, last_}, out);
  waiting_.room_gone(false);
  last_ = begins_after_ = last;
}

void relay_core::refuse_everything(const protocol::server::error& why, relay_effects& out) {
  for (const auto& send : waiting_.take_all())
    refuse(send, why, out);
  for (const auto& question : asked_.take_all())
    fail(question, why, out);
}

} // namespace troupe::actors
