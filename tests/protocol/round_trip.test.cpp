// Frames to structs and back, for every message of both directions.
#include "tests/protocol/frames.hpp"

#include "protocol/described.hpp"
#include "protocol/limits.hpp"

#include <algorithm>
#include <random>
#include <set>

using namespace troupe::protocol;
using namespace troupe::protocol::testing;

TEST_CASE("every request survives the way through the codec") {
  auto frames = full_requests();
  std::ranges::copy(short_requests(), std::back_inserter(frames));
  for (const auto& frame : frames) {
    CAPTURE(frame);
    const auto whole = understood(frame);
    // An empty list of rooms is written; a client may leave it out.
    const auto expected = frame == R"({"type":"hello","id":1})" ? R"({"type":"hello","id":1,"rooms":[]})" : frame;
    CHECK(encoded(whole) == expected);
    CHECK(encoded(understood(encoded(whole))) == expected);
  }
}

TEST_CASE("there is a frame for each request in these tests") {
  std::set<std::size_t> kinds;
  for (const auto& frame : full_requests())
    kinds.insert(understood(frame).index());
  CHECK(kinds.size() == std::variant_size_v<request>);
}

SCENARIO("a request arrives with its fields where they belong") {
  GIVEN("a join with everything") {
    const auto join = std::get<client::join>(understood(
      R"({"type":"join","id":5,"room":"a/b:c","since":{"epoch":"e1","seq":7},"limit":50,"want":["presence","typing"]})"));
    CHECK(join.id == 5);
    CHECK(join.room == "a/b:c");
    CHECK(join.since == position{.epoch = "e1", .seq = 7});
    CHECK(join.limit == 50u);
    CHECK(join.want == std::vector<std::string>{"presence", "typing"});
  }
  GIVEN("a name that means a text in one request and a number in another") {
    CHECK(std::get<client::rooms>(understood(R"({"type":"rooms","id":1,"after":"lounge"})")).after == "lounge");
    CHECK(std::get<client::fetch>(understood(R"({"type":"fetch","id":1,"room":"r","after":3,"limit":9})")).after == 3u);
    CHECK(refused(R"({"type":"rooms","id":1,"after":3})").code == code::bad_request);
    CHECK(refused(R"({"type":"fetch","id":1,"room":"r","after":"3","limit":9})").code == code::bad_request);
  }
}

TEST_CASE("fields may stand in any order, and type may stand last") {
  std::vector<std::string> fields{R"("type":"send")", R"("id":7)",       R"("room":"lounge")",
                                  R"("body":"hi")",   R"("reply_to":3)", R"("cid":")" + a_cid + "\""};
  std::ranges::sort(fields);
  std::set<std::string> results;
  do {
    std::string frame = "{";
    for (const auto& field : fields)
      frame += (frame.size() > 1 ? "," : "") + field;
    results.insert(encoded(understood(frame + "}")));
  } while (std::ranges::next_permutation(fields).found);
  CHECK(results.size() == 1);
  const auto join = std::get<client::join>(
    understood(R"({"since":{"seq":7,"epoch":"e"},"want":["marks"],"room":"r","id":1,"type":"join"})"));
  CHECK(join.since == position{.epoch = "e", .seq = 7});
  CHECK(join.want == std::vector<std::string>{"marks"});
}

TEST_CASE("unknown fields are skipped at any depth, also those of other requests") {
  CHECK(encoded(understood(R"({"type":"ping","x":{"a":[1,{"b":null,"c":[[]]}],"d":1.5},"id":3,"y":[{},"z",true]})")) ==
        R"({"type":"ping","id":3})");
  CHECK(
    encoded(understood(R"({"type":"ping","id":3,"room":null,"since":{"epoch":5},"rooms":[1],"limit":-1,"want":{}})")) ==
    R"({"type":"ping","id":3})");
  const auto join = std::get<client::join>(
    understood(R"({"type":"join","id":1,"room":"r","since":{"node":{"a":[1]},"epoch":"e","x":null,"seq":2}})"));
  CHECK(join.since == position{.epoch = "e", .seq = 2});
}

TEST_CASE("nothing of one frame stays for the next") {
  (void)decode_json(R"({"type":"hello","id":1,"rooms":[{"room":"a","epoch":"e","seq":1}]})");
  (void)decode_json(R"({"type":"join","id":1,"room":"r","since":{"epoch":"e","seq":"bad"},"want":["marks")");
  CHECK(std::get<client::hello>(understood(R"({"type":"hello","id":1})")).rooms.empty());
  const auto join = std::get<client::join>(understood(R"({"type":"join","id":1,"room":"r"})"));
  CHECK_FALSE(join.since);
  CHECK_FALSE(join.want);
}

SCENARIO("a body keeps its bytes") {
  GIVEN("escapes of every sort") {
    const auto body = [](std::string_view written) {
      return std::get<client::send>(understood(send_with_body(written))).body;
    };
    CHECK(body(R"(a\"b\\c\/d\b\f\n\r\te)") == "a\"b\\c/d\b\f\n\r\te");
    CHECK(body(R"(\u0000)") == std::string(1, '\0'));
    CHECK(body(R"(x\u0000y)") == std::string("x\0y", 3));
    CHECK(body(R"(\u00e4\u20ac\ud83d\ude00)") == "ä€😀");
    CHECK(body("ä€😀") == "ä€😀");
    CHECK(body("\xe2\x80\xae txt \xe2\x80\xa8") == "\xe2\x80\xae txt \xe2\x80\xa8"); // bidi override, line separator
    CHECK(body("e" + std::string("\xcc\x81\xcc\x81\xcc\x81")) == "e\xcc\x81\xcc\x81\xcc\x81");
  }
  GIVEN("every character below 128, encoded and decoded again") {
    for (int c = 0; c < 128; ++c)
      for (const std::size_t before : {0, 1, 6, 7, 8, 15, 16, 17}) {
        const auto body = std::string(before, 'p') + static_cast<char>(c) + std::string(before % 9, 'q');
        const client::send send{.id = 1, .room = "r", .cid = a_cid, .body = body};
        const auto frame = encoded(send);
        CHECK(std::ranges::none_of(frame, [](char f) { return static_cast<unsigned char>(f) < 0x20; }));
        REQUIRE(std::get<client::send>(understood(frame)).body == body);
      }
  }
  GIVEN("long bodies that mix what is escaped and what is not, at the bound") {
    for (const std::string& piece : {std::string("\n"), std::string("a\"b"), std::string("ä"), std::string("😀")}) {
      std::string body;
      while (body.size() + piece.size() <= limits::body_bytes_max)
        body += piece;
      const auto frame = encoded(client::send{.id = 1, .room = "r", .cid = a_cid, .body = body});
      if (frame.size() <= limits::frame_bytes_max)
        CHECK(std::get<client::send>(understood(frame)).body == body);
    }
  }
}

TEST_CASE("what the server writes looks as documented") {
  CHECK(encoded(server::ok{.re = -3}) == R"({"type":"ok","re":-3})");
  CHECK(encoded(server::ack{.re = 1,
                            .room = "r",
                            .cid = a_cid,
                            .epoch = "e",
                            .seq = 2,
                            .time = 3,
                            .salt = "s",
                            .chain = "c",
                            .dup = true,
                            .durable = durability::disk}) ==
        R"({"type":"ack","re":1,"room":"r","cid":")" + a_cid +
          R"(","epoch":"e","seq":2,"time":3,"salt":"s","chain":"c","dup":true,"durable":"disk"})");
  CHECK(
    encoded(server::error{.code = code::rate_limited, .message = "Wait.", .retry = retry::after, .after_ms = 250}) ==
    R"({"type":"error","code":"rate_limited","message":"Wait.","retry":"after","after_ms":250})");
  CHECK(encoded(server::presence{.room = "r",
                                 .version = 4,
                                 .join = std::vector<std::string>{"ann"},
                                 .leave = std::vector<server::departure>{{"bob", "timeout"}}}) ==
        R"({"type":"presence","room":"r","version":4,"join":["ann"],"leave":[{"user":"bob","why":"timeout"}]})");
  CHECK(encoded(server::joined{.room = "r",
                               .epoch = "e",
                               .head = 1,
                               .min = 1,
                               .chain = "c",
                               .recovered = true,
                               .messages = {{.seq = 1,
                                             .from = "ann",
                                             .cid = a_cid,
                                             .time = 5,
                                             .kind = "text",
                                             .reactions = std::vector<reaction>{{"👍", {"bob"}}}}},
                               .presence = server::presence_now{},
                               .me = {.role = "member"}}) ==
        R"({"type":"joined","room":"r","epoch":"e","head":1,"min":1,"chain":"c","recovered":true,"messages":[{"seq":1,)"
        R"("from":"ann","cid":")" +
          a_cid +
          R"(","time":5,"kind":"text","reactions":[{"emoji":"👍","users":["bob"]}]}],)"
          R"("more":false,"presence":{"version":0,"users":[]},"me":{"role":"member"}})");
}

namespace {

/// Any value that the wire can carry, chosen by the seed.
class arbitrary {
public:
  explicit arbitrary(unsigned seed) : random_(seed) {}

  template <class T>
  void fill(T& value) {
    if constexpr (is_optional<T>) {
      value.reset();
      if (below(2) == 0)
        fill(value.emplace());
    } else if constexpr (is_list<T>) {
      value.resize(below(4));
      for (auto& element : value)
        fill(element);
    } else if constexpr (described<T>) {
      for_each_field(value, [&](std::string_view, auto& member) { fill(member); });
    } else if constexpr (described_enum<T>) {
      using all = boost::describe::describe_enumerators<T>;
      std::size_t chosen = below(boost::mp11::mp_size<all>::value);
      boost::mp11::mp_for_each<all>([&](auto e) {
        if (chosen-- == 0)
          value = e.value;
      });
    } else if constexpr (std::is_same_v<T, std::string>) {
      static const std::vector<std::string> pieces{"a", "\"", "\\", "\n",   std::string(1, '\0'),
                                                   "ä", "€",  "😀",  "\x7f", "/"};
      value.clear();
      for (auto n = below(20); n != 0; --n)
        value += pieces[below(pieces.size())];
    } else if constexpr (std::is_same_v<T, bool>) {
      value = below(2) == 0;
    } else if constexpr (sizeof(T) == 8) {
      value =
        static_cast<T>(std::uniform_int_distribution<std::uint64_t>{0, limits::integer_max}(random_) >> below(53));
      if (std::is_signed_v<T> && below(2) == 0)
        value = static_cast<T>(-value);
    } else {
      value = static_cast<T>(random_());
    }
  }

private:
  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>{0, bound - 1}(random_); }
  std::mt19937 random_;
};

} // namespace

TEMPLATE_TEST_CASE("any server message arrives as it was sent", "", server::welcome, server::ok, server::pong,
                   server::rooms, server::joined, server::ack, server::page, server::presence, server::typing,
                   server::marks, server::message, server::gap, server::head, server::activity, server::goaway,
                   server::closed, server::error) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    TestType sent;
    arbitrary{seed}.fill(sent);
    const auto frame = encoded(sent);
    CAPTURE(seed, frame);
    auto arrived = decode_server_json(frame);
    REQUIRE(arrived.index() == 0);
    REQUIRE(std::holds_alternative<TestType>(std::get<push>(arrived)));
    REQUIRE(encoded(std::get<push>(arrived)) == frame);
  }
}

TEST_CASE("a client skips what a newer server adds") {
  auto arrived = decode_server_json(R"({"type":"pong","new":{"a":[1]},"re":1,"time":2})");
  REQUIRE(arrived.index() == 0);
  CHECK(encoded(std::get<push>(arrived)) == R"({"type":"pong","re":1,"time":2})");
  CHECK(decode_server_json(R"({"type":"pong","re":1})").index() == 1);
  CHECK(decode_server_json(std::string(limits::server_frame_bytes_max + 1, ' ')).index() == 1);
}
