// The most specific pattern decides, whatever the order of the file.
#include "config/room_patterns.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

using namespace troupe::config;

namespace {

std::vector<room_policy> policies(std::vector<std::string> patterns) {
  std::vector<room_policy> list;
  for (auto& pattern : patterns) {
    list.emplace_back();
    list.back().pattern = std::move(pattern);
  }
  return list;
}

} // namespace

TEST_CASE("the most specific pattern decides, in whatever order they are given") {
  auto list = policies({"*room", "support/:ticket", "support/42", "support/*rest", "dm:*rest", "dm:ops:*rest", ":one",
                        ":one/log", "support/:ticket/:part", "dm:zed"});
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.pattern < b.pattern; });
  do {
    const room_patterns patterns{list};
    const auto pattern_of = [&](std::string_view room) { return patterns.policy_for(room).pattern; };
    CHECK(pattern_of("support/42") == "support/42");
    CHECK(pattern_of("support/43") == "support/:ticket");
    CHECK(pattern_of("support/42/a") == "support/:ticket/:part");
    CHECK(pattern_of("support/42/a/b") == "support/*rest");
    CHECK(pattern_of("support/") == "*room");
    CHECK(pattern_of("lounge") == ":one");
    CHECK(pattern_of("support") == ":one");
    CHECK(pattern_of("x/log") == ":one/log");
    CHECK(pattern_of("support/log") == "support/:ticket");
    CHECK(pattern_of("x/y") == "*room");
    CHECK(pattern_of("dm:a:b") == "dm:*rest");
    CHECK(pattern_of("dm:ops:b") == "dm:ops:*rest");
    CHECK(pattern_of("dm:ops:") == "dm:*rest");
    CHECK(pattern_of("dm:a/b") == "dm:*rest");
    CHECK(pattern_of("dm:zed") == "dm:zed");
    CHECK(pattern_of("dm:") == ":one");
    CHECK(pattern_of("/x") == "*room");
    CHECK(pattern_of("a//b") == "*room");
  } while (std::rotate(list.begin(), list.begin() + 1, list.end()), list.front().pattern != "*room");
}

TEST_CASE("a room that no pattern matches has the defaults") {
  const room_patterns patterns{policies({"a/:b"})};
  CHECK(patterns.policy_for("c").history_count == room_policy{}.history_count);
  CHECK(patterns.policy_for("c").pattern == "*room");
}

TEST_CASE("a list that the loader refuses cannot be built") {
  CHECK_THROWS_AS(room_patterns{policies({"a//b"})}, std::invalid_argument);
  CHECK_THROWS_AS(room_patterns{policies({"a/:b", "*r", "a/:c"})}, std::invalid_argument);
}
