// Who asked the room what, and what becomes of it: the half of relay_core that is not about messages.
#include "actors/relay_core.hpp"

#include <boost/describe/enum_to_string.hpp>

#include <algorithm>
#include <utility>

namespace troupe::actors {

namespace {

constexpr std::size_t asked_kept_max = 8; ///< Places for questions that stay after a rush of joins.

} // namespace

connection_id asker_of(const to_room::command& what) {
  return std::visit(
    [](const auto& c) -> connection_id {
      if constexpr (requires { c.connection; })
        return c.connection;
      else
        return 0;
    },
    what);
}

std::optional<request_id> request_of(const to_room::command& what) {
  return std::visit(
    [](const auto& c) -> std::optional<request_id> {
      if constexpr (requires { c.re; })
        return c.re;
      else
        return std::nullopt;
    },
    what);
}

/// A question was answered, and is not asked again. False when nobody waits for that answer any more.
template <class Question>
bool relay_core::settle(connection_id connection, std::optional<request_id> re) {
  const auto i = std::find_if(asked_.begin(), asked_.end(), [&](const auto& asked) {
    return std::holds_alternative<Question>(asked) && asker_of(asked) == connection && request_of(asked) == re;
  });
  if (i == asked_.end())
    return false;
  asked_.erase(i);
  if (asked_.empty() && asked_.capacity() > asked_kept_max)
    asked_.shrink_to_fit();
  return true;
}

/// A connection has at most one join under way.
std::vector<to_room::command>::iterator relay_core::find_join(connection_id connection) {
  return std::find_if(asked_.begin(), asked_.end(), [&](const auto& asked) {
    return std::holds_alternative<to_room::join>(asked) && asker_of(asked) == connection;
  });
}

/// A later wish of the connection takes its place: whatever is answered to it is for nobody.
void relay_core::withdraw_join(connection_id connection) {
  if (const auto join = find_join(connection); join != asked_.end())
    asked_.erase(join);
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
  if (settle<to_room::join>(what.connection, what.answer.re))
    out.emplace_back(relay_does::reply{what.connection, std::move(what.answer)});
}

/// The question that failed is the one of that number; without a number it is a join.
void relay_core::on_failure(connection_id connection, protocol::server::error why, relay_effects& out) {
  const auto i = std::find_if(asked_.begin(), asked_.end(), [&](const auto& asked) {
    return asker_of(asked) == connection && request_of(asked) == why.re &&
           (why.re || std::holds_alternative<to_room::join>(asked));
  });
  if (i == asked_.end())
    return;
  const auto question = std::move(*i);
  asked_.erase(i);
  fail(question, std::move(why), out);
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
        if (!settle<to_room::leave>(connection, answer.re))
          return;
      } else if constexpr (std::is_same_v<type, server::page>) {
        if (answer.epoch != epoch_ || !settle<to_room::fetch>(connection, answer.re))
          return;
      } else {
        if (connection == 0) { // Asked by the relay itself, for all its members.
          out.emplace_back(relay_does::spread{std::move(answer), ""});
          return;
        }
        if constexpr (std::is_same_v<type, server::presence>)
          if (!settle<to_room::who>(connection, answer.re))
            return;
      }
      out.emplace_back(relay_does::reply{connection, std::move(answer)});
    },
    what.answer);
}

void relay_core::refuse_everything(const protocol::server::error& why, relay_effects& out) {
  for (const auto& send : waiting_.take_all())
    refuse(send, why, out);
  for (const auto& question : std::exchange(asked_, {}))
    fail(question, why, out);
}

} // namespace troupe::actors
