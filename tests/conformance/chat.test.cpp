// `troupe chat` through pipes, against a real node.
#include "tests/conformance/setting.hpp"

using namespace troupe;
using namespace troupe::tests;

namespace {

struct talker : process {
  talker(const node& at, const std::string& user, const std::string& room)
    : process{{.command = {shipped_binary(), "chat", "--url", at.url(), "--user", user, "--room", room},
               .keep_input_open = true}} {}
  void types(const std::string& line) { write(line + '\n'); }
};

} // namespace

SCENARIO("two people talk") {
  const auto room = fresh_room();
  const auto a = fresh_user("ann-");
  const auto b = fresh_user("bob-");
  talker ann{the_node(), a, room};
  REQUIRE(ann.says("you are in " + room));
  ann.types("hello out there");
  REQUIRE(ann.says("#1 " + a + ": hello out there"));
  talker bob{the_node(), b, room};
  INFO(bob.output());
  REQUIRE(bob.says("#1 " + a + ": hello out there")); // history
  REQUIRE(ann.says(b + " is here"));
  bob.types("hi");
  CHECK(ann.says("#2 " + b + ": hi"));
  bob.types("/edit hi ann");
  CHECK(ann.says(b + " edited #2: hi ann"));
  ann.types("/react 2 👍");
  CHECK(bob.says(a + " reacted 👍 to #2"));
  ann.types("/reply 2 good to see you");
  CHECK(bob.says("(to #2) good to see you"));
  bob.types("/delete 2");
  CHECK(ann.says(b + " deleted #2"));
  ann.types("/who");
  CHECK(ann.says("here: " + a + ", " + b));
  ann.types("/dm " + b + " just for you");
  CHECK(bob.says(a + " wrote in @" + a));
  ann.types("/rooms");
  CHECK(ann.says("  @" + b));
  ann.types("/nonsense");
  CHECK(ann.says("there is no /nonsense"));
  bob.types("/quit");
  CHECK(bob.wait() == 0);
  CHECK(ann.says(b + " left"));
}

SCENARIO("a script says its lines and leaves") {
  const auto room = fresh_room();
  process script{
    {.command = {shipped_binary(), "chat", "--url", the_node().url(), "--user", fresh_user(), "--room", room},
     .input = "one\ntwo\n//three\n"}};
  CHECK(script.wait() == 0);
  INFO(script.output());
  CHECK(script.output().find('\x1b') == std::string::npos); // no colours in a pipe
  live_client reader{the_node(), fresh_user()};
  CHECK(bodies(reader.joins(room).messages) == std::vector<std::string>{"one", "two", "/three"});
}

SCENARIO("nothing a stranger writes reaches the terminal") {
  const auto room = fresh_room();
  live_client eve{the_node(), fresh_user("eve-")};
  eve.sends(room, "\x1b[2Jgone\x07 \xE2\x80\xAEtxet");
  talker ann{the_node(), fresh_user("ann-"), room};
  REQUIRE(ann.says("gone"));
  const auto shown = ann.output();
  CHECK(shown.find('\x1b') == std::string::npos);
  CHECK(shown.find('\x07') == std::string::npos);
  CHECK(shown.find("\xE2\x80\xAE") == std::string::npos);
}

SCENARIO("a chat survives the death of its node") {
  node server = node::started({});
  talker ann{server, "ann", "lounge"};
  talker bob{server, "bob", "lounge"};
  REQUIRE(ann.says("you are in lounge"));
  REQUIRE(bob.says("you are in lounge"));
  ann.types("before");
  REQUIRE(bob.says("ann: before"));
  server.kill();
  REQUIRE(ann.says("connection lost"));
  ann.types("while you were gone");
  server.start();
  CHECK(ann.says("connected again"));
  CHECK(bob.says("ann: while you were gone"));
  bob.types("still here");
  CHECK(ann.says("bob: still here"));
  live_client reader{server, "reader"};
  CHECK(bodies(reader.joins("lounge").messages) ==
        std::vector<std::string>{"before", "while you were gone", "still here"});
}
