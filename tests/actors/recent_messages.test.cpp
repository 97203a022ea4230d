// The newest messages of a room, found by number and by name, against a plain list.
#include "actors/recent_messages.hpp"

#include "actors/recording/archive.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <random>
#include <sstream>

using namespace troupe::actors;

namespace {

constexpr std::size_t held_max = recent_messages::held_max;

std::string cid_of(seq_t seq) {
  auto text = std::to_string(seq);
  return std::string(cid_text::length - text.size(), '0') + text;
}

recent_message message(seq_t seq) {
  recent_message made;
  made.seq = seq;
  made.user = "user" + std::to_string(seq % 7);
  made.cid = cid_text{cid_of(seq)};
  made.kind = "text";
  return made;
}

send_name name_of(const recent_message& of) { return {of.user, of.cid.view()}; }

} // namespace

SCENARIO("as many messages as may be held are found by number and by name, and one more pushes the oldest out") {
  const seq_t begin = GENERATE(as<seq_t>{}, 1, 2, 511, 512, 513, 1'000'003);
  recent_messages recent;
  CHECK(recent.empty());
  CHECK_FALSE(recent.find(begin));
  for (seq_t seq = begin; seq < begin + held_max + 3; ++seq) {
    recent.add(message(seq));
    const auto held = std::min<seq_t>(held_max, seq - begin + 1);
    REQUIRE(recent.size() == held);
    const auto oldest = seq - held + 1;
    for (const auto at : {oldest, oldest + held / 2, seq}) {
      REQUIRE(recent.find(at));
      CHECK(recent.find(at)->seq == at);
      const auto like = message(at);
      CHECK(recent.find(name_of(like)) == recent.find(at));
    }
    CHECK_FALSE(recent.find(oldest - 1));
    CHECK_FALSE(recent.find(seq + 1));
    const auto gone = message(oldest - 1);
    CHECK_FALSE(recent.find(name_of(gone)));
  }
}

SCENARIO("a name is both its parts, and what the server says itself has none to be found by another") {
  recent_messages recent;
  recent.add(message(1));
  CHECK(recent.find(send_name{"user1", cid_of(1)}));
  CHECK_FALSE(recent.find(send_name{"user2", cid_of(1)}));
  CHECK_FALSE(recent.find(send_name{"user1", cid_of(2)}));
  CHECK_FALSE(recent.find(send_name{"user1", ""}));
  CHECK_FALSE(recent.find(send_name{"", ""}));
  recent.clear();
  CHECK(recent.empty());
  CHECK_FALSE(recent.find(send_name{"user1", cid_of(1)}));
}

SCENARIO("a record of them is that of a list, and comes back the same") {
  recent_messages recent;
  std::deque<recent_message> list;
  for (seq_t seq = 40; seq < 40 + held_max + 9; ++seq) {
    recent.add(message(seq));
    list.push_back(message(seq));
    if (list.size() > held_max)
      list.pop_front();
  }
  std::ostringstream of_recent;
  std::ostringstream of_list;
  cereal::PortableBinaryOutputArchive{of_recent}(recent);
  cereal::PortableBinaryOutputArchive{of_list}(list);
  CHECK(of_recent.str() == of_list.str());

  std::istringstream in{of_recent.str()};
  recent_messages back;
  back.add(message(1));
  cereal::PortableBinaryInputArchive{in}(back);
  CHECK(back.size() == held_max);
  for (const auto& one : list) {
    REQUIRE(back.find(name_of(one)));
    CHECK(back.find(name_of(one))->seq == one.seq);
  }
}
