// Who may do what: the table of tests/support/authority_table.hpp against a room's core, for all that its log, a token and
// its policy can say.
#include "tests/support/authority_table.hpp"

#include "actors/room_core.hpp"
#include "protocol/described.hpp"
#include "protocol/names.hpp"
#include "storage/memory_log.hpp"

#include <catch2/catch.hpp>

#include <tuple>

using namespace troupe;
using namespace troupe::actors;
using namespace troupe::tests;

namespace {

constexpr const char* relay = "node-a";

/// A room and its log, without actors. Everybody has one connection, and may hold a token that brings a role.
class lone_room {
public:
  lone_room(std::string name, protocol::role default_role)
    : policy_(policy_with(default_role)), core_(named(std::move(name)), policy_, 1'000) {
    tell(to_room::attach{relay, "", 0, {}, false});
  }

  void grants(const std::string& user, std::optional<protocol::role> role) { granted_[user] = role; }

  char joins(const std::string& who, const std::string&) { return joins_at(who, std::nullopt); }
  char resumes(const std::string& who, const std::string&) { return joins_at(who, protocol::position{epoch_, last_}); }
  char leaves(const std::string& who, const std::string&) {
    tell(to_room::leave{relay, connection(who), who, ++asked_, false, false});
    return answer_;
  }
  char fetches(const std::string& who, const std::string&) {
    tell(to_room::fetch{relay, connection(who), who, ++asked_, std::nullopt, std::nullopt, 5, false, granted_[who]});
    return answer_;
  }
  char asks_presence(const std::string& who, const std::string&) {
    tell(to_room::who{relay, connection(who), who, ++asked_, granted_[who]});
    return answer_;
  }
  char marks(const std::string& who, const std::string&) {
    tell(to_room::mark{relay, connection(who), who, 1, 1, granted_[who]});
    now_ += 1'000;
    tell(to_room::wake{});
    return marked_ == who ? '+' : '-';
  }
  char types(const std::string& who, const std::string&) {
    tell(to_room::typing{relay, connection(who), who, granted_[who]});
    return typed_ == who ? '+' : '-';
  }
  char sends(const std::string& who, const protocol::client::send& what) {
    return submits(who, what.kind.value_or("text"), what.body, what.target.value_or(0));
  }
  char moderates(const std::string& who, const protocol::client::moderate& what) {
    return submits(who, std::string{system_kind}, body_of(order_of(what), who), 0);
  }
  protocol::seq_t last_seq() const { return last_; }

private:
  static config::room_policy policy_with(protocol::role default_role) {
    config::room_policy policy;
    policy.creator_is_owner = true;
    policy.default_role = default_role;
    return policy;
  }
  static room_snapshot named(std::string name) {
    room_snapshot start;
    start.room = std::move(name);
    return start;
  }

  connection_id connection(const std::string& who) {
    return 256 * connections_.try_emplace(who, connections_.size() + 1).first->second;
  }

  char joins_at(const std::string& who, std::optional<protocol::position> since) {
    tell(to_room::join{relay, connection(who), who, ++asked_, std::move(since), std::nullopt, true, granted_[who]});
    return answer_;
  }

  char submits(const std::string& who, std::string kind, std::string body, protocol::seq_t target) {
    unsigned char random[10] = {};
    ++asked_;
    for (std::size_t i = 0; i < 8; ++i)
      random[i] = static_cast<unsigned char>(asked_ >> (8 * i));
    cid_ = protocol::make_ulid(now_, random);
    tell(to_room::submit{
      relay, connection(who), who, cid_, std::move(kind), std::move(body), 0, target, {}, granted_[who]});
    return answer_;
  }

  /// What follows from it, until nothing does any more.
  void tell(to_room::command what) {
    answer_ = '-';
    marked_.clear();
    typed_.clear();
    std::vector<to_room::command> next{std::move(what)};
    for (std::size_t i = 0; i < next.size(); ++i) {
      now_ += 1'000;
      for (auto& effect : core_.apply(std::move(next[i]), now_))
        std::visit([&](auto& one) { carry_out(one, next); }, effect);
    }
  }

  using commands = std::vector<to_room::command>;
  void carry_out(room_does::open& what, commands& next) {
    log_.open({core_.name(), 1, "e1", what.recent, policy_.ring_count}, [&](storage::open_result result) {
      epoch_ = result.head.epoch;
      next.emplace_back(to_room::opened{std::move(result)});
    });
  }
  void carry_out(room_does::commit& what, commands& next) {
    storage::run run{core_.name(), 1, what.epoch, what.records, false, what.change};
    log_.append(std::move(run),
                [&](storage::append_result result) { next.emplace_back(to_room::appended{std::move(result)}); });
  }
  void carry_out(room_does::look_up& what, commands& next) {
    log_.find(core_.name(), what.seq, [&](storage::find_result result) {
      next.emplace_back(to_room::found{what.seq, std::move(result)});
    });
  }
  void carry_out(room_does::read_for_join&, commands&) { answer_ = '+'; }
  void carry_out(room_does::read_for_fetch&, commands&) { answer_ = '+'; }
  void carry_out(room_does::save_member& what, commands&) {
    if (what.asked)
      hear(from_room::answered{what.asked->connection, protocol::server::ok{*what.asked->re}});
  }
  void carry_out(room_does::tell& what, commands&) { hear(what.what); }
  template <class Effect>
  void carry_out(Effect&, commands&) {}

  void hear(const from_room::news& what) {
    if (const auto* published = std::get_if<from_room::published>(&what)) {
      for (const auto& record : published->records) {
        last_ = record.seq;
        if (record.cid == cid_)
          answer_ = '+';
      }
    } else if (const auto* refused = std::get_if<from_room::refused>(&what)) {
      answer_ = letter_of(refused->error);
    } else if (const auto* answered = std::get_if<from_room::answered>(&what)) {
      const auto* error = std::get_if<protocol::server::error>(&answered->answer);
      answer_ = error ? letter_of(*error) : '+';
    } else if (const auto* typing = std::get_if<from_room::typing_seen>(&what)) {
      typed_ = typing->user;
    } else if (const auto* marks = std::get_if<from_room::marks_changed>(&what)) {
      marked_ = marks->marks.at(0).user;
    }
  }

  storage::memory_log log_;
  config::room_policy policy_;
  room_core core_;
  time_ms now_ = 1'700'000'000'000;
  std::map<std::string, std::size_t> connections_;
  std::map<std::string, std::optional<protocol::role>> granted_;
  protocol::request_id asked_ = 0;
  std::string epoch_;
  std::string cid_;
  protocol::seq_t last_ = 0;
  char answer_ = '-';
  std::string marked_;
  std::string typed_;
};

/// What was tried, and what came of it.
struct trial {
  std::string by_policy, by_log, by_token, deed;
  bool operator<(const trial& other) const {
    return std::tie(by_policy, by_log, by_token, deed) <
           std::tie(other.by_policy, other.by_log, other.by_token, other.deed);
  }
};

const std::array<std::string, 3> policies = {"member", "reader", "none"};
const std::array<std::string, 6> tokens = {"", "reader", "member", "moderator", "owner", "banned"};

std::optional<protocol::role> role_named(const std::string& name) { return protocol::enum_from<protocol::role>(name); }

/// Every deed in a room of its own, for all that can be said of ann.
const std::map<trial, char>& outcomes() {
  static const auto all = [] {
    std::map<trial, char> found;
    for (const auto& policy : policies)
      for (const auto& by_log : standings)
        for (const auto& token : tokens)
          for (const auto& deed : deeds()) {
            lone_room room{"lounge", *role_named(policy)};
            const auto where = furnish(room, "lounge", by_log);
            room.grants("ann", role_named(token));
            found[{policy, std::string{by_log}, token, deed.name}] =
              where ? outcome_of(room, "ann", "lounge", deed.name, *where) : '!';
          }
    return found;
  }();
  return all;
}

/// The trials that came out otherwise than the table says.
std::vector<std::string> wrong_rows(const std::vector<deed>& table) {
  std::vector<std::string> wrong;
  for (const auto& row : table)
    for (const auto& [what, outcome] : outcomes()) {
      if (what.deed != row.name)
        continue;
      const auto standing = standing_of(what.by_log, what.by_token, what.by_policy);
      if (outcome != expected(row, standing, what.by_policy == "none"))
        wrong.push_back(row.name + ": policy " + what.by_policy + ", log " + what.by_log + ", token '" + what.by_token +
                        "' gave " + outcome);
    }
  return wrong;
}

} // namespace

SCENARIO("who may do what: every deed, for every word of the log, the token and the policy", "[authority]") {
  CHECK(outcomes().size() == deeds().size() * policies.size() * standings.size() * tokens.size());
  CHECK(wrong_rows(deeds()) == std::vector<std::string>{});
}

SCENARIO("one wrong letter of that table is found", "[authority]") {
  auto table = deeds();
  for (auto& row : table)
    for (auto& letter : row.by_standing) {
      const auto right = std::exchange(letter, letter == '+' ? 'f' : '+');
      const auto wrong = wrong_rows({row});
      CAPTURE(row.name, row.by_standing);
      CHECK_FALSE(wrong.empty());
      letter = right;
    }
}

SCENARIO("who may do what in a direct message: one of the two everything that is theirs, nobody else anything",
         "[authority]") {
  for (const auto& token : tokens)
    for (const auto& deed : deeds())
      for (const std::string who : {"eve", "ann"}) {
        if (deed.in_direct.empty())
          continue;
        const std::string room = "dm:ann:bob";
        CAPTURE(token, deed.name, who);
        lone_room direct{room, protocol::role::member};
        said where;
        for (const std::string speaker : {"ann", "bob"}) {
          REQUIRE(direct.sends(speaker, change(room, "text", 0)) == '+');
          where[speaker] = direct.last_seq();
        }
        direct.grants(who, role_named(token));
        const bool outside = who == "eve" || token == "banned";
        CHECK(outcome_of(direct, who, room, deed.name, where) ==
              deed.in_direct.at(outside && deed.name != "leave" ? 0 : 1));
      }
}

SCENARIO("a role that this build does not know is none", "[authority]") {
  authority_state state;
  state.roles["ann"] = {"ann", "emperor", 0, 0};
  const authority roles{{false, protocol::role::member, 0}, state};
  CHECK(roles.role_of("ann", protocol::role::owner, 1'000) == protocol::role::none);
  CHECK(roles.turned_away("ann", protocol::role::owner, 1'000)->code == protocol::code::not_found);
}

SCENARIO("a room keeps in mind so many people, and hears of it when it is one too many", "[authority]") {
  authority_state state;
  for (int i = 0; i < 9'999; ++i)
    state.roles["user-" + std::to_string(i)] = {"user-" + std::to_string(i), "", 0, 2'000};
  state.roles["ann"] = {"ann", "owner", 0, 0};
  const authority roles{{false, protocol::role::member, 0}, state};
  const auto refused = [&](const char* action, const std::string& user) {
    to_room::submit what;
    what.user = "ann";
    what.kind = system_kind;
    what.body = body_of(order_of(order("lounge", action, user)), "ann");
    return roles.judge(what, 1'000, {});
  };
  REQUIRE(refused("ban", "bob"));
  CHECK(refused("ban", "bob")->code == protocol::code::conflict);
  CHECK_FALSE(refused("ban", "user-7"));
  CHECK_FALSE(refused("unmute", "user-7"));
  CHECK_FALSE(refused("kick", "bob"));
}
