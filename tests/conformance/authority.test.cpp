// Who may do what, over real sockets: the table of tests/support/authority_table.hpp against the real binary.
#include "tests/conformance/setting.hpp"
#include "tests/support/authority_table.hpp"

#include <map>
#include <memory>

using namespace troupe;
using namespace troupe::tests;

namespace {

constexpr const char* config = R"toml(
[listen]
handshakes_per_ip_per_s = 10000
[session]
rooms_per_connection_max = 10000
rooms_per_user_max = 10000
[rate_limit]
requests_per_s = 0
[[rooms]]
pattern = "member/:name"
creator_is_owner = true
[[rooms]]
pattern = "reader/:name"
creator_is_owner = true
default_role = "reader"
durability = "memory"
[[rooms]]
pattern = "none/:name"
creator_is_owner = true
default_role = "none"
)toml";

/// People at a real node, each on a connection of their own.
class people {
public:
  explicit people(node& at) : at_(at) {}

  char joins(const std::string& who, const std::string& room) { return outcome(who, say::join{.room = room}); }
  char leaves(const std::string& who, const std::string& room) { return outcome(who, say::leave{.room = room}); }
  char fetches(const std::string& who, const std::string& room) {
    return outcome(who, say::fetch{.room = room, .limit = 5});
  }
  char asks_presence(const std::string& who, const std::string& room) {
    return outcome(who, say::presence{.room = room});
  }
  char sends(const std::string& who, say::send what) {
    what.cid = new_cid();
    return outcome(who, std::move(what));
  }
  char moderates(const std::string& who, say::moderate what) {
    what.cid = new_cid();
    return outcome(who, std::move(what));
  }
  seq_t last_seq() const { return last_.seq; }

  /// In a `hello` that names the room.
  char resumes(const std::string& who, const std::string& room) {
    live_client again{at_.where(), {.user = who, .rooms = {{room, last_.epoch, last_.seq}}}};
    std::optional<hear::closed> closed;
    std::optional<hear::joined> joined;
    again.wait([&] { return (joined = again.take<hear::joined>()) || (closed = again.take<hear::closed>()); },
               "joined");
    return joined ? '+' : closed->reason.at(0);
  }

  // What is not answered is seen by root, before what bob does after it.
  char marks(const std::string& who, const std::string& room) {
    for (const auto& one : {who, std::string{"bob"}})
      tells(one, say::mark{.room = room, .read = 1});
    for (bool seen = false;;) {
      const auto push = person("root").next<hear::marks>();
      if (push.room != room)
        continue;
      const auto names = [&](const std::string& user) {
        return std::any_of(push.marks.begin(), push.marks.end(), [&](const auto& m) { return m.user == user; });
      };
      seen = seen || names(who);
      if (names("bob"))
        return seen ? '+' : '-';
    }
  }
  char types(const std::string& who, const std::string& room) {
    for (const auto& one : {who, std::string{"bob"}})
      tells(one, say::typing{.room = room});
    for (bool seen = false;;) {
      const auto push = person("root").next<hear::typing>();
      seen = seen || (push.room == room && push.user == who);
      if (push.room == room && push.user == "bob")
        return seen ? '+' : '-';
    }
  }

private:
  live_client& person(const std::string& name) {
    auto& known = known_[name];
    if (!known)
      known = std::make_unique<live_client>(at_, name);
    return *known;
  }

  char outcome(const std::string& who, protocol::request what) {
    const auto answer = person(who).asks(std::move(what));
    if (const auto* ack = std::get_if<hear::ack>(&answer))
      last_ = *ack;
    const auto* error = std::get_if<hear::error>(&answer);
    return error ? letter_of(*error) : '+';
  }

  /// And the node has read it.
  void tells(const std::string& who, protocol::request what) {
    person(who).tells(std::move(what));
    person(who).pings();
  }

  node& at_;
  std::map<std::string, std::unique_ptr<live_client>> known_;
  hear::ack last_;
};

} // namespace

SCENARIO("who may do what: every role, every deed, every kind of room", "[authority]") {
  CLAUSE("what is not allowed above is refused");
  const auto policy = GENERATE(as<std::string>{}, "member", "reader", "none");
  node here = node::started({.config = config});
  people all{here};
  std::vector<std::string> wrong;
  std::size_t number = 0;
  for (const auto by_log : standings)
    for (const auto& deed : deeds()) {
      const auto room = policy + '/' + std::to_string(++number);
      const auto where = furnish(all, room, by_log);
      REQUIRE(where);
      const auto outcome = outcome_of(all, "ann", room, deed.name, *where);
      const auto right = expected(deed, standing_of(by_log, "", policy), policy == "none");
      if (outcome != right)
        wrong.push_back(deed.name + " as " + std::string{by_log} + ": " + outcome + " instead of " + right);
    }
  CHECK(wrong == std::vector<std::string>{});
}

SCENARIO("who may do what in a direct message", "[authority]") {
  node here = node::started({.config = config});
  people all{here};
  const std::string room = "dm:ann:bob";
  said where;
  for (const std::string who : {"ann", "bob"}) {
    REQUIRE(all.sends(who, change(room, "text", 0)) == '+');
    where[who] = all.last_seq();
  }
  std::vector<std::string> wrong;
  for (const auto& deed : deeds())
    for (const std::string who : {"eve", "ann"}) {
      // Nobody else is there to see what is not answered, and there is one ann's message to delete.
      if (deed.in_direct.empty() || deed.name == "mark" || deed.name == "typing" || deed.name == "delete ann's")
        continue;
      const auto outcome = outcome_of(all, who, room, deed.name, where);
      if (outcome != deed.in_direct.at(who == "eve" ? 0 : 1))
        wrong.push_back(deed.name + " by " + who + ": " + outcome);
    }
  CHECK(wrong == std::vector<std::string>{});
}
