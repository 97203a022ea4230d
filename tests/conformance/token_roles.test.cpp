// What the role of a token is worth in a room, over real sockets.
#include "tests/conformance/setting.hpp"

#include "identity/mint.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>

using namespace troupe;
using namespace troupe::tests;
using protocol::role;

namespace {

const std::string secret(40, 's');

/// A node that asks for tokens, of which this holds the key.
struct guarded_node {
  guarded_node() {
    const auto file = keys / "secret";
    std::ofstream{file} << secret;
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
    node::options how{.auth = "token"};
    how.config = "[auth]\nissuer = \"login\"\naudience = \"chat\"\n"
                 "[[auth.keys]]\nkid = \"k1\"\nalgorithm = \"HS256\"\nsecret_file = \"" +
                 file.string() +
                 "\"\n[[rooms]]\npattern = \"private/:name\"\ndefault_role = \"none\"\n"
                 "[[rooms]]\npattern = \"*room\"\n";
    here.emplace(node::started(how));
  }

  /// A token of somebody with these roles; each is another one.
  std::string token(const std::string& user, std::vector<std::pair<std::string, role>> roles) {
    const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
    identity::token_wish wish;
    wish.kid = "k1";
    wish.user = user;
    wish.issuer = "login";
    wish.audience = "chat";
    wish.issued = now;
    wish.expires = now + 600'000;
    wish.id = std::to_string(++tokens);
    wish.roles = std::move(roles);
    return identity::make_token(wish, std::get<identity::jose_key>(identity::jose_key::from_secret(secret)));
  }

  std::unique_ptr<live_client> enters(const std::string& user, std::vector<std::pair<std::string, role>> roles,
                                      std::vector<say::room_position> rooms = {}) {
    auto who = std::make_unique<live_client>(here->where(), live_client::options{});
    const auto answer = who->asks(say::hello{.token = token(user, std::move(roles)), .rooms = std::move(rooms)});
    if (const auto* why = std::get_if<hear::error>(&answer))
      UNSCOPED_INFO(why->message);
    REQUIRE(std::holds_alternative<hear::welcome>(answer));
    return who;
  }

  temporary_directory keys{"troupe-keys"};
  std::optional<node> here;
  int tokens = 0;
};

say::moderate gives(const std::string& room, const std::string& user, const std::string& which) {
  return {.room = room, .cid = new_cid(), .action = "role", .user = user, .role = which};
}

char outcome(const protocol::push& answer) {
  const auto* error = std::get_if<hear::error>(&answer);
  return !error                                     ? '+'
         : error->code == protocol::code::forbidden ? 'f'
         : error->code == protocol::code::not_found ? 'n'
                                                    : '?';
}

} // namespace

SCENARIO("a token's role holds where the room's log says nothing, and a ban of either wins") {
  guarded_node at;
  const auto boss = at.enters("boss", {{"*all", role::owner}});
  const auto ann = at.enters("ann", {{"*all", role::reader}});
  const auto sends = [](live_client& who, const std::string& room) {
    return outcome(who.asks(say::send{.room = room, .cid = new_cid(), .body = "hi"}));
  };

  CLAUSE("the role that one's token brings");
  CHECK(ann->joins("lounge").me.role == "reader");
  CHECK(sends(*ann, "lounge") == 'f');
  CHECK(boss->joins("lounge").me.role == "owner");
  CHECK(ann->joins("private/a").me.role == "reader");
  CHECK(outcome(at.enters("eve", {})->asks(say::join{.room = "private/a"})) == 'n');

  CLAUSE("the role in the room's log, higher or lower than the token's");
  CHECK(outcome(boss->asks(gives("lounge", "ann", "member"))) == '+');
  CHECK(sends(*ann, "lounge") == '+');
  CHECK(outcome(boss->asks(gives("lounge", "boss", "owner"))) == '+');

  CLAUSE("a ban, in the room's log or by one's token: it wins over every role, whoever gave that");
  const auto outcast = at.enters("outcast", {{"lounge", role::banned}, {"private/a", role::banned}});
  CHECK(outcome(boss->asks(gives("lounge", "outcast", "moderator"))) == '+');
  for (const std::string room : {"lounge", "private/a"}) {
    CHECK(outcome(outcast->asks(say::join{.room = room})) == 'f');
    CHECK(outcome(outcast->asks(say::fetch{.room = room, .limit = 1})) == 'f');
    CHECK(outcome(outcast->asks(say::presence{.room = room})) == 'f');
    CHECK(sends(*outcast, room) == 'f');
  }
  CHECK(at.enters("outcast", {{"lounge", role::banned}}, {{"lounge", "e", 1}})->next<hear::closed>().reason ==
        "forbidden");
  const auto other = at.enters("other", {{"*all", role::owner}});
  CHECK(outcome(boss->asks(say::moderate{.room = "lounge", .cid = new_cid(), .action = "ban", .user = "other"})) ==
        '+');
  CHECK(sends(*other, "lounge") == 'f');
  CHECK(outcome(other->asks(say::join{.room = "lounge"})) == 'f');
}

SCENARIO("a new token that allows less ends what it does not allow") {
  guarded_node at;
  const auto ann = at.enters("ann", {{"*all", role::member}});
  for (const std::string room : {"lounge", "private/a", "kitchen"})
    ann->joins(room);
  CLAUSE("ends that subscription (`closed{reason:\"banned\"}` or `\"forbidden\"`)");
  const auto lesser = at.token("ann", {{"lounge", role::banned}, {"kitchen", role::reader}});
  CHECK(outcome(ann->asks(say::refresh{.token = lesser})) == '+');
  std::map<std::string, std::string> closed;
  while (closed.size() < 2) {
    const auto push = ann->next<hear::closed>();
    closed[push.room] = push.reason;
  }
  CHECK(closed == std::map<std::string, std::string>{{"lounge", "banned"}, {"private/a", "forbidden"}});
  CHECK(outcome(ann->asks(say::join{.room = "lounge"})) == 'f');
  CHECK(outcome(ann->asks(say::join{.room = "private/a"})) == 'n');
  CHECK(outcome(ann->asks(say::send{.room = "kitchen", .cid = new_cid(), .body = "hi"})) == 'f');
  CHECK(ann->joins("kitchen").me.role == "reader");
}
