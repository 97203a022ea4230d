// What a conversation says last, and whether it says anything.
#include "apps/troupe/chat/sending_report.hpp"

#include <catch2/catch.hpp>

using namespace troupe::chat;
using sentences = std::vector<std::string>;

SCENARIO("whoever sent everything hears nothing more") {
  CHECK(complaints({.was_online = true}, false).empty());
  CHECK(complaints({.was_online = true}, true).empty());
}

SCENARIO("what was not sent is counted with its reason") {
  CHECK(complaints({.unsent = 2, .offline_because = "refused"}, false) ==
        sentences{"2 messages were not sent (no connection: refused)"});
  CHECK(complaints({.unacknowledged = 1, .was_online = true}, true) ==
        sentences{"1 message was not acknowledged and may be stored or not (no answer in time)"});
  CHECK(complaints({.refused = 1, .refused_because = "not here", .was_online = true}, true) ==
        sentences{"1 message or command was refused (last: not here)"});
}

SCENARIO("an end for good is told, also when nothing was left to send") {
  CHECK(complaints({.ended_because = "banned", .was_online = true}, true) ==
        sentences{"the server closed the connection for good: banned"});
  CHECK(complaints({.unsent = 1, .ended_because = "banned"}, false) ==
        sentences{"1 message was not sent (banned)", "the server closed the connection for good: banned"});
}

SCENARIO("a script hears what a person has seen") {
  const sending_report typo{.not_understood = 1, .was_online = true};
  CHECK(complaints(typo, true).empty());
  CHECK(complaints(typo, false) == sentences{"1 line was not understood; /help tells what there is"});
  const sending_report never{.offline_because = "no route"};
  CHECK(complaints(never, true).empty());
  CHECK(complaints(never, false) == sentences{"no connection: no route"});
}
