#include "actors/user_core.hpp"

#include "actors/sequencer.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

user_core::user_core(std::string user, std::uint32_t sessions_max)
  : user_(std::move(user)), sessions_max_(sessions_max) {}

std::vector<user_does::effect> user_core::apply(to_user::command what) {
  std::vector<user_does::effect> out;
  std::visit([&](auto& command) { on(command, out); }, what);
  return out;
}

void user_core::on(to_user::sign_in& what, std::vector<user_does::effect>& out) {
  if (live_.size() >= sessions_max_) {
    out.emplace_back(user_does::tell{
      what.connection,
      to_connection::turned_away{what.re, refusal(protocol::code::overloaded,
                                                  "too many sessions of this user: close one and try again",
                                                  protocol::retry::after, 5'000)}});
    return;
  }
  // A token presented while its session is live (a duplicated tab) makes a session of its own.
  const bool taken =
    what.session && std::any_of(live_.begin(), live_.end(), [&](const auto& l) { return l.second == *what.session; });
  const auto& session = what.session && !taken ? *what.session : what.fresh_session;
  live_.emplace_back(what.connection, session);
  out.emplace_back(user_does::tell{what.connection, to_connection::signed_in{what.re, session}});
}

void user_core::on(to_user::sign_out& what, std::vector<user_does::effect>& out) {
  std::erase_if(live_, [&](const auto& l) { return l.first == what.connection; });
  if (live_.empty())
    out.emplace_back(user_does::rest{});
}

void user_core::on(to_user::inbox& what, std::vector<user_does::effect>& out) {
  out.emplace_back(user_does::read_inbox{what.connection, what.re, std::move(what.after)});
}

void user_core::on(to_user::activity& what, std::vector<user_does::effect>& out) {
  if (what.joined >= live_.size())
    return;
  for (const auto& [connection, session] : live_)
    out.emplace_back(user_does::tell{connection, protocol::server::activity{what.room, what.seq, what.from}});
}

} // namespace troupe::actors
