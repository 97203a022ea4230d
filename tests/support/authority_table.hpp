// tests/support/authority_table.hpp
//
// Who may do what, as docs/protocol.md says it: written down once, and held against a room's core, a whole node and
// real sockets. Each of them is a `World` that does what somebody wants and gives its outcome as a letter.
#pragma once

#include "protocol/messages.hpp"

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::tests {

/// What a room may think of somebody; a column of the table.
inline constexpr std::array<std::string_view, 7> standings = {"none",      "reader", "member", "muted",
                                                              "moderator", "owner",  "banned"};

/// One row: '+' done, '-' nothing happens, else the first letter of the error: forbidden, not_found, bad_request.
struct deed {
  std::string name;
  std::string by_standing; ///< One letter for each of `standings`.
  std::string in_direct;   ///< In a direct message: of somebody else, of one of the two. Empty: not tried there.
};

inline const std::vector<deed>& deeds() {
  static const std::vector<deed> all = {
    {"join", "n+++++f", "n+"},         {"resume", "n+++++f", "n+"},       {"leave", "+++++++", "++"},
    {"fetch", "n+++++f", "n+"},        {"presence", "n+++++f", "n+"},     {"mark", "-+++++-", "-+"},
    {"typing", "--+-++-", "-+"},       {"send", "nf+f++f", "n+"},         {"send x-note", "nf+f++f", "n+"},
    {"react", "nf+f++f", "n+"},        {"edit ann's", "nf+f++f", "n+"},   {"edit bob's", "nffffff", "nf"},
    {"delete ann's", "nf+f++f", "n+"}, {"delete bob's", "nfff++f", "nf"}, {"delete max's", "nffff+f", ""},
    {"delete root's", "nffff+f", ""},  {"kick bob", "nfff++f", "nb"},     {"ban bob", "nfff++f", "nb"},
    {"unban bob", "nfff++f", "nb"},    {"mute bob", "nfff++f", "nb"},     {"unmute bob", "nfff++f", "nb"},
    {"role bob", "nffff+f", "nb"},     {"slow_mode", "nfff++f", "nb"},    {"kick max", "nffff+f", "nb"},
    {"ban max", "nffff+f", "nb"},      {"unban max", "nffff+f", "nb"},    {"mute max", "nffff+f", "nb"},
    {"unmute max", "nffff+f", "nb"},   {"role max", "nffff+f", "nb"},     {"kick root", "nffff+f", "nb"},
    {"mute root", "nffff+f", "nb"},    {"unmute root", "nffff+f", "nb"},  {"kick ann", "nfffbbf", "nb"},
    {"ban ann", "nfffbbf", "nb"},      {"mute ann", "nfffbbf", "nb"},
  };
  return all;
}

/// The rule of docs/protocol.md: a ban goes first, then what the room's log says, then the token, then the policy.
inline std::size_t standing_of(std::string_view by_log, std::string_view by_token, std::string_view by_policy) {
  const auto deciding = by_token == "banned" ? by_token
                        : by_log != "none"   ? by_log
                        : by_token != ""     ? by_token
                                             : by_policy;
  for (std::size_t i = 0; i < standings.size(); ++i)
    if (standings[i] == deciding)
      return i;
  return standings.size();
}

/// In a private room who is banned hears the same as who never was there.
inline char expected(const deed& what, std::size_t standing, bool is_private) {
  return what.by_standing.at(is_private && standings.at(standing) == "banned" ? 0 : standing);
}

inline char letter_of(const protocol::server::error& why) {
  switch (why.code) {
  case protocol::code::forbidden: return 'f';
  case protocol::code::not_found: return 'n';
  case protocol::code::bad_request: return 'b';
  case protocol::code::conflict: return 'c';
  case protocol::code::rate_limited: return 'r';
  default: return '?';
  }
}

inline protocol::client::moderate order(const std::string& room, const std::string& action, const std::string& user) {
  protocol::client::moderate what;
  what.room = room;
  what.action = action;
  if (action == "slow_mode")
    what.interval_ms = 1;
  else
    what.user = user;
  if (action == "role")
    what.role = "reader";
  return what;
}

inline protocol::client::moderate appointment(const std::string& room, const std::string& user, std::string_view role) {
  auto what = order(room, "role", user);
  what.role = std::string{role};
  return what;
}

inline protocol::client::send change(const std::string& room, const std::string& kind, protocol::seq_t target) {
  protocol::client::send what;
  what.room = room;
  what.body = kind == "delete" ? "" : kind == "reaction" ? "+1" : "hello";
  if (kind != "text")
    what.kind = kind;
  if (target != 0)
    what.target = target;
  return what;
}

/// Who has said what in a room: the seq of each.
using said = std::map<std::string, protocol::seq_t>;

/// root owns the room, max moderates it, bob is a member, and everybody has said something; ann is what the log is to say.
/// Empty when something of that did not work.
template <class World>
std::optional<said> furnish(World& world, const std::string& room, std::string_view ann) {
  said where;
  bool good = world.joins("root", room) == '+';
  const auto says = [&](const std::string& who) {
    good = good && world.sends(who, change(room, "text", 0)) == '+';
    where[who] = world.last_seq();
  };
  const auto orders = [&](const protocol::client::moderate& what) {
    good = good && world.moderates("root", what) == '+';
  };
  says("root");
  for (const auto& [who, role] : {std::pair{"max", "moderator"}, {"bob", "member"}, {"ann", "member"}}) {
    orders(appointment(room, who, role));
    says(who);
  }
  good = good && world.joins("bob", room) == '+' && world.joins("ann", room) == '+' && world.leaves("ann", room) == '+';
  if (ann == "banned")
    orders(order(room, "ban", "ann"));
  else if (ann == "muted")
    orders(order(room, "mute", "ann"));
  else
    orders(appointment(room, "ann", ann));
  return good ? std::optional{where} : std::nullopt;
}

/// What comes of it when somebody does that.
template <class World>
char outcome_of(World& world, const std::string& who, const std::string& room, const std::string& what,
                const said& where) {
  const auto space = what.find(' ');
  const auto verb = what.substr(0, space);
  auto object = space == std::string::npos ? std::string{} : what.substr(space + 1);
  if (object.ends_with("'s"))
    object.resize(object.size() - 2);
  if (verb == "join")
    return world.joins(who, room);
  if (verb == "resume")
    return world.resumes(who, room);
  if (verb == "leave")
    return world.leaves(who, room);
  if (verb == "fetch")
    return world.fetches(who, room);
  if (verb == "presence")
    return world.asks_presence(who, room);
  if (verb == "mark" || verb == "typing")
    world.joins(who, room); // Both are of those who are there.
  if (verb == "mark")
    return world.marks(who, room);
  if (verb == "typing")
    return world.types(who, room);
  if (verb == "send")
    return world.sends(who, change(room, object.empty() ? "text" : object, 0));
  if (verb == "react")
    return world.sends(who, change(room, "reaction", where.at("bob")));
  if (verb == "edit" || verb == "delete")
    return world.sends(who, change(room, verb, where.at(object)));
  return world.moderates(who, order(room, verb, object));
}

} // namespace troupe::tests
