// Valid frames, damaged at random: each is either a request or a refusal.
#include "tests/protocol/frames.hpp"

#include "protocol/names.hpp"

#include <random>

using namespace troupe::protocol;
using namespace troupe::protocol::testing;

namespace {

/// Damages a frame the way broken or hostile clients do.
class damage {
public:
  explicit damage(unsigned seed) : random_(seed) {}

  std::string apply(std::string frame, const std::vector<std::string>& others) {
    for (auto n = 1 + below(4); n != 0; --n)
      once(frame, others);
    return frame;
  }

  const std::string& pick(const std::vector<std::string>& from) { return from[below(from.size())]; }

private:
  void once(std::string& frame, const std::vector<std::string>& others) {
    static const std::vector<std::string> tokens{"{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 ",",
                                                 ":",
                                                 "\"",
                                                 "\\",
                                                 "null",
                                                 "true",
                                                 "1e999",
                                                 "-1",
                                                 "18446744073709551616",
                                                 R"("id")",
                                                 R"("type")",
                                                 R"("since")",
                                                 R"("rooms")",
                                                 R"(\ud800)",
                                                 R"(\u0000)",
                                                 "\x80",
                                                 "\xff",
                                                 "\xf0\x9f",
                                                 std::string(1, '\0'),
                                                 R"("x":{"x":{"x":[[[[)",
                                                 R"({"epoch":"e","seq":1})",
                                                 R"(["marks"])",
                                                 " ",
                                                 "0.1"};
    const auto at = below(frame.size() + 1);
    switch (below(6)) {
    case 0: frame.insert(at, pick(tokens)); break;
    case 1: frame.erase(at, below(8)); break;
    case 2: frame.resize(at); break;
    case 3:
      if (at < frame.size())
        frame[at] = static_cast<char>(random_());
      break;
    case 4: frame.insert(at, frame.substr(below(frame.size() + 1), below(30))); break;
    default: {
      const auto& other = pick(others);
      frame = frame.substr(0, at) + other.substr(below(other.size()));
    }
    }
  }

  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>{0, bound - 1}(random_); }
  std::mt19937 random_;
};

} // namespace

TEST_CASE("a damaged frame is a request that encodes and decodes to itself, or a refusal with a reason") {
  auto frames = full_requests();
  for (auto& frame : short_requests())
    frames.push_back(std::move(frame));
  std::size_t taken = 0;
  std::size_t refused = 0;
  for (unsigned seed = 1; seed <= 60'000; ++seed) {
    damage how{seed};
    const auto frame = how.apply(how.pick(frames), frames);
    CAPTURE(seed, frame);
    const auto decoded = decode_json(frame);
    if (const auto* failure = std::get_if<decode_failure>(&decoded)) {
      ++refused;
      REQUIRE_FALSE(failure->message.empty());
      REQUIRE(is_utf8(failure->message));
    } else {
      ++taken;
      const auto once = encoded(std::get<request>(decoded));
      REQUIRE(is_utf8(once));
      REQUIRE(encoded(understood(once)) == once);
    }
  }
  // Both ends of the property have to be exercised.
  CHECK(taken > 1'000);
  CHECK(refused > 10'000);
}

TEST_CASE("damaged server frames do no harm to a client of ours") {
  const std::vector<std::string> frames{
    R"({"type":"joined","room":"r","epoch":"e","head":1,"min":1,"chain":"c","recovered":true,"messages":[{"seq":1,)"
    R"("from":"ann","cid":"c","time":5,"kind":"text","reactions":[{"emoji":"x","users":["bob"]}]}],"more":false,)"
    R"("presence":{"version":0,"users":[]},"me":{"role":"member"}})",
    R"({"type":"presence","room":"r","version":4,"join":["ann"],"leave":[{"user":"bob","why":"timeout"}]})",
    R"({"type":"error","code":"rate_limited","message":"Wait.","retry":"after","after_ms":250})",
    R"({"type":"marks","room":"r","marks":[{"user":"a","read":1,"recv":2}]})",
  };
  std::size_t taken = 0;
  for (unsigned seed = 1; seed <= 20'000; ++seed) {
    damage how{seed};
    const auto frame = how.apply(how.pick(frames), frames);
    CAPTURE(seed, frame);
    const auto decoded = decode_server_json(frame);
    if (decoded.index() == 0) {
      ++taken;
      const auto once = encoded(std::get<push>(decoded));
      REQUIRE(decode_server_json(once).index() == 0);
    }
  }
  CHECK(taken > 200);
}
