#include "tests/conformance/setting.hpp"

using namespace troupe;
using namespace troupe::tests;
using protocol::code;

namespace {

struct bad_frame {
  const char* what;
  std::string frame;
};

std::string nested(int depth) {
  return R"({"type":"ping","id":1,"x":)" + std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']') + "}";
}

std::string send_with(const std::string& fields) {
  return R"({"type":"send","id":7,"room":"lounge","cid":")" + new_cid() + "\"," + fields + "}";
}

const std::vector<bad_frame>& bad_frames() {
  static const std::vector<bad_frame> all = {
    {"nothing", ""},
    {"no JSON", "hello"},
    {"an array", "[]"},
    {"a number", "1"},
    {"cut off", R"({"type":"ping","id":1)"},
    {"trailing junk", R"({"type":"ping","id":1}x)"},
    {"two objects", R"({"type":"ping","id":1}{"type":"ping","id":2})"},
    {"no type", R"({"id":1})"},
    {"an unknown type", R"({"type":"dance","id":1})"},
    {"type is a number", R"({"type":5,"id":1})"},
    {"type is null", R"({"type":null,"id":1})"},
    {"no id", R"({"type":"ping"})"},
    {"id is a string", R"({"type":"ping","id":"1"})"},
    {"id with a fraction", R"({"type":"ping","id":1.5})"},
    {"id with an exponent", R"({"type":"ping","id":1e3})"},
    {"id of 2^64", R"({"type":"ping","id":18446744073709551616})"},
    {"id beyond 2^53", R"({"type":"ping","id":9007199254740993})"},
    {"1e999", R"({"type":"ping","id":1e999})"},
    {"duplicate keys", R"({"type":"ping","id":1,"id":2})"},
    {"duplicate unknown keys", R"({"type":"ping","id":1,"x":1,"x":2})"},
    {"null for a known field", R"({"type":"join","id":1,"room":"lounge","limit":null})"},
    {"a negative seq", R"({"type":"fetch","id":1,"room":"lounge","after":-1,"limit":5})"},
    {"a negative limit", R"({"type":"fetch","id":1,"room":"lounge","limit":-5})"},
    {"17 levels", nested(16)},
    {"10^5 levels", nested(30'000)},
    {"a huge key", R"({"type":"ping","id":1,")" + std::string(10'000, 'k') + R"(":1})"},
    {"a lone surrogate", send_with(R"("body":"\ud800")")},
    {"a bad escape", send_with(R"("body":"\x")")},
    {"a raw control character", send_with("\"body\":\"a\x01\"")},
    {"a body that is an object", send_with(R"("body":{})")},
    {"no body", R"({"type":"send","id":1,"room":"lounge","cid":")" + new_cid() + "\"}"},
    {"an empty body", send_with(R"("body":"")")},
    {"no room", R"({"type":"join","id":1})"},
    {"an empty room", R"({"type":"join","id":1,"room":""})"},
    {"a room with a blank", R"({"type":"join","id":1,"room":"the lounge"})"},
    {"a room with look-alikes", R"({"type":"join","id":1,"room":"lоunge"})"},
    {"a room of 161", R"({"type":"join","id":1,"room":")" + std::string(161, 'r') + "\"}"},
    {"a cid that is no ULID", R"({"type":"send","id":1,"room":"lounge","cid":"abc","body":"x"})"},
    {"a cid in lower case", R"({"type":"send","id":1,"room":"lounge","cid":"01hzxw3k5v8q2r7t9b4c6d8e0f","body":"x"})"},
    {"want is a string", R"({"type":"join","id":1,"room":"lounge","want":"presence"})"},
    {"257 words in want", R"({"type":"join","id":1,"room":"lounge","want":["a")" +
                            [] {
                              std::string rest;
                              for (int i = 0; i < 256; ++i)
                                rest += ",\"a\"";
                              return rest;
                            }() +
                            "]}"},
  };
  return all;
}

} // namespace

SCENARIO("every malformed frame is answered with bad_request") {
  for (const auto& bad : bad_frames()) {
    CAPTURE(bad.what);
    live_client ann{the_node(), fresh_user()};
    ann.writes(bad.frame);
    const auto answer = ann.next_error();
    CHECK(answer.code == code::bad_request);
    CHECK_FALSE(answer.message.empty());
    CLAUSE("the connection lives on after the first");
    ann.pings();
  }
}

SCENARIO("three strikes") {
  CLAUSE("The third frame of a connection that cannot be understood closes it with 4400");
  live_client ann{the_node(), fresh_user()};
  ann.writes("{}");
  ann.writes("[");
  ann.next_error();
  ann.next_error();
  ann.pings();
  ann.writes("nonsense");
  CHECK(ann.loses_connection().code == 4400);
}

SCENARIO("what is well formed but refused is no strike") {
  live_client ann{the_node(), fresh_user()};
  for (int i = 0; i < 10; ++i)
    CHECK(ann.refused(say::send{.room = "lounge", .cid = new_cid(), .body = "x", .kind = "edit", .target = 1'000'000})
            .code == code::not_found);
  ann.pings();
}

SCENARIO("re and cid are there when they could be read") {
  live_client ann{the_node(), fresh_user()};
  const auto cid = new_cid();
  ann.writes(R"({"body":5,"cid":")" + cid + R"(","id":41,"room":"lounge","type":"send"})");
  const auto answer = ann.next_error();
  CHECK(answer.re == 41);
  CHECK(answer.cid == cid);
}

SCENARIO("unknown fields are ignored, order does not matter") {
  live_client ann{the_node(), fresh_user()};
  ann.writes(R"({"future":{"a":[1,2,{"b":null}]},"id":5,"type":"ping"})");
  CHECK(std::holds_alternative<hear::pong>(ann.answer_to(5)));
}

SCENARIO("one past each limit of size") {
  live_client ann{the_node(), fresh_user()};
  const auto room = fresh_room();
  SECTION("body: 16 KiB of UTF-8 after decoding") {
    CHECK(ann.sends(room, std::string(16 * 1024, 'x')).seq == 1);
    const auto refused = ann.refused_send(room, std::string(16 * 1024 + 1, 'x'));
    CHECK(refused.code == code::too_large);
    CHECK(refused.retry == protocol::retry::never);
    CHECK(refused.cid);
  }
  SECTION("a body that is long only as JSON") {
    // Six bytes a character in the frame, one when decoded.
    CHECK(ann.sends(room, std::string(10'000, '\x02')).seq == 1);
  }
  SECTION("frame: 64 KiB") {
    const std::string head = R"({"type":"ping","id":9,"x":")";
    ann.writes(head + std::string(64 * 1024 - head.size() - 2, 'x') + "\"}");
    CHECK(std::holds_alternative<hear::pong>(ann.answer_to(9)));
    ann.writes(head + std::string(64 * 1024 - head.size() - 1, 'x') + "\"}");
    CLAUSE("close 1009, or `too_large`");
    std::optional<hear::error> told;
    try {
      told = ann.next_error();
    } catch (const nothing_came&) {
    }
    if (told)
      CHECK(told->code == code::too_large);
    else
      CHECK(ann.loses_connection().code == 1009);
  }
  SECTION("a room's name of 160") { CHECK(ann.sends(std::string(160, 'r'), "x").seq >= 1); }
  SECTION("a reaction of 64 bytes") {
    ann.sends(room, "x");
    ann.sends({.room = room, .body = std::string(64, 'r'), .kind = "reaction", .target = 1});
    CHECK(ann
            .refused(
              say::send{.room = room, .cid = new_cid(), .body = std::string(65, 'r'), .kind = "reaction", .target = 1})
            .code == code::too_large);
  }
  SECTION("resume and sdk") {
    live_client other{the_node().where(), {}};
    CHECK(other.refused(say::hello{.user = "x", .resume = std::string(513, 'r')}).code == code::too_large);
  }
  SECTION("16 levels") {
    ann.writes(nested(15));
    CHECK(std::holds_alternative<hear::pong>(ann.answer_to(1)));
  }
}

SCENARIO("binary frames are not part of this subprotocol") {
  live_client ann{the_node(), fresh_user()};
  ann.writes(R"({"type":"ping","id":5})", false);
  // Closed as what it is, never served as if it were text.
  CHECK(ann.loses_connection().code == 1003);
  CHECK_FALSE(ann.take<hear::pong>());
}

SCENARIO("a refresh in the mode open") {
  live_client ann{the_node(), fresh_user()};
  const auto answer = ann.asks(say::refresh{.token = "eyJhbGciOiJub25lIn0.e30."});
  CHECK_FALSE(std::holds_alternative<hear::welcome>(answer));
  ann.pings();
}

SCENARIO("content that must not hurt arrives unchanged") {
  const auto room = fresh_room();
  live_client ann{the_node(), fresh_user()};
  live_client bob{the_node(), fresh_user()};
  bob.joins(room);
  std::string tower = "a";
  for (int i = 0; i < 500; ++i)
    tower += "\xCC\x81";
  const std::vector<std::string> contents = {
    std::string("before\0after", 12),
    "\xE2\x80\xAE"
    "evil\xE2\x80\xAC",
    tower,
    "line\r\n2024-01-01 00:00:00 [error] forged log line\r\n",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "'; DROP TABLE message; --",
    "\x1b[2J\x1b]0;title\x07",
    "😀👩‍👩‍👧‍👦 日本語 \xEF\xBB\xBF \xEF\xBF\xBF",
    "\\u0000 \\\" /",
    "%s%n%x ${jndi:ldap://x} {{7*7}}",
  };
  const auto log_lines_before = the_node().output();
  for (const auto& content : contents) {
    CAPTURE(content);
    CLAUSE("a body is stored byte for byte as it is after decoding");
    const auto ack = ann.sends(room, content);
    const auto seen = bob.next_message();
    CHECK(seen.body == content);
    CHECK(seen.seq == ack.seq);
    const auto page = ann.fetches({.room = room, .after = ack.seq - 1, .limit = 1, .raw = true});
    CHECK(page.messages.at(0).body == content);
  }
  // What is refused is logged, if at all, without breaking a line.
  ann.writes("{\"type\":\"join\",\"id\":1,\"room\":\"x\\r\\n2024-01-01 forged\"}");
  ann.next_error();
  CHECK(the_node().output().find("\n2024-01-01 forged") == std::string::npos);
  CHECK(the_node().output().find("forged log line") == std::string::npos);
  CHECK(the_node().running());
}
