// Who may do what: the table of tests/support/authority_table.hpp against all actors of a node, under a seed.
#include "tests/simulation/town_life.hpp"
#include "tests/support/authority_table.hpp"

#include "protocol/codec.hpp"

using namespace troupe;
using namespace troupe::tests;

namespace {

/// People of a simulated node, who hold no tokens.
class townspeople {
public:
  townspeople(std::uint32_t seed, bool on_disk) : life_(seed, town(on_disk)) {}

  char joins(const std::string& who, const std::string& room) { return life_.joins(who, room); }
  char resumes(const std::string& who, const std::string& room) {
    return life_.does(who, "join",
                      town_life::in(room) + R"(,"since":{"epoch":")" + last_.epoch + R"(","seq":)" +
                        std::to_string(last_.seq) + "}");
  }
  char leaves(const std::string& who, const std::string& room) {
    const auto outcome = life_.does(who, "leave", town_life::in(room));
    life_.person(who).leaves_stream(room);
    return outcome;
  }
  char fetches(const std::string& who, const std::string& room) {
    return life_.does(who, "fetch", town_life::in(room) + R"(,"limit":5)");
  }
  char asks_presence(const std::string& who, const std::string& room) {
    return life_.does(who, "presence", town_life::in(room));
  }
  char sends(const std::string& who, const protocol::client::send& what) {
    auto more = town_life::in(what.room) + "," + life_.cid_of(who) + R"(,"body":")" + what.body + "\"";
    if (what.kind)
      more += R"(,"kind":")" + *what.kind + "\"";
    if (what.target)
      more += R"(,"target":)" + std::to_string(*what.target);
    return noted(who, life_.does(who, "send", more));
  }
  char moderates(const std::string& who, const protocol::client::moderate& what) {
    auto more = R"("action":")" + what.action + "\"";
    if (what.user)
      more += R"(,"user":")" + *what.user + "\"";
    if (what.role)
      more += R"(,"role":")" + *what.role + "\"";
    if (what.interval_ms)
      more += R"(,"interval_ms":)" + std::to_string(*what.interval_ms);
    return noted(who, life_.moderates(who, what.room, more));
  }
  char marks(const std::string& who, const std::string& room) {
    return seen<server::marks>(
      [&] { life_.person(who).says(R"({"type":"mark",)" + town_life::in(room) + R"(,"read":1})"); });
  }
  char types(const std::string& who, const std::string& room) {
    return seen<server::typing>([&] { life_.person(who).says(R"({"type":"typing",)" + town_life::in(room) + "}"); });
  }
  protocol::seq_t last_seq() const { return last_.seq; }
  std::vector<std::string> complaints() const { return life_.sim.complaints(); }

private:
  char noted(const std::string& who, char outcome) {
    if (outcome == '+')
      last_ = *life_.person(who).last<server::ack>();
    return outcome;
  }

  /// Whether root hears something of it, who is in the room.
  template <class Push, class Deed>
  char seen(Deed deed) {
    auto& root = life_.person("root");
    const auto heard = root.all<Push>().size();
    deed();
    life_.sim.pass(500);
    return root.all<Push>().size() > heard ? '+' : '-';
  }

  town_life life_;
  server::ack last_;
};

} // namespace

SCENARIO("who may do what in a whole node: every role, every deed, every kind of room") {
  const auto standing = GENERATE(range(std::size_t{0}, standings.size()));
  const auto kind = GENERATE(as<std::string>{}, "public", "private", "memory");
  CAPTURE(standings[standing], kind);
  townspeople people{static_cast<std::uint32_t>(standing) + 1, kind != "memory"};
  const bool is_private = kind == "private";
  std::size_t number = 0;
  for (const auto& deed : deeds()) {
    CAPTURE(deed.name);
    const auto room = (is_private ? "closed/" : "open/") + std::to_string(++number);
    const auto where = furnish(people, room, standings[standing]);
    REQUIRE(where);
    const auto right = expected(deed, standing_of(standings[standing], "", is_private ? "none" : "member"), is_private);
    CHECK(outcome_of(people, "ann", room, deed.name, *where) == right);
  }
  CHECK(people.complaints() == std::vector<std::string>{});
}
