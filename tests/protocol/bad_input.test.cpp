// Frames that must be refused, with a reason and without harm.
#include "tests/protocol/frames.hpp"

#include "protocol/limits.hpp"

using namespace troupe::protocol;
using namespace troupe::protocol::testing;

namespace {

struct bad_frame {
  std::string what;
  std::string frame;
  std::string reason; ///< A part of the message.
  troupe::protocol::code code = troupe::protocol::code::bad_request;
};

std::string repeated(std::string_view piece, std::size_t times) {
  std::string all;
  for (; times != 0; --times)
    all += piece;
  return all;
}

std::string with(std::string_view field) { return R"({"type":"ping","id":1,)" + std::string{field} + "}"; }

std::string send_with(std::string_view fields) {
  return R"({"type":"send","id":7,"room":"r",)" + std::string{fields} + "}";
}

const std::string cid_field = R"("cid":")" + a_cid + "\"";

} // namespace

TEST_CASE("bad JSON is refused, and the message says why") {
  const std::vector<bad_frame> table{
    {"nothing", "", "ends within"},
    {"white space", "  \n ", "ends within"},
    {"no object", "5", "one JSON object"},
    {"a text", R"("hello")", "one JSON object"},
    {"null alone", "null", "one JSON object"},
    {"an array", R"([{"type":"ping","id":1}])", "one JSON object"},
    {"cut off", R"({"type":"ping","id":1)", "ends within"},
    {"cut off in a text", R"({"type":"pi)", "ends within"},
    {"two objects", R"({"type":"ping","id":1}{"type":"ping","id":2})", "follows"},
    {"trailing junk", R"({"type":"ping","id":1}x)", "follows"},
    {"a trailing NUL", std::string(R"({"type":"ping","id":1})") + '\0', "follows"},
    {"a comment", R"({"type":"ping",/* */"id":1})", "not valid"},
    {"a trailing comma", R"({"type":"ping","id":1,})", "not valid"},
    {"single quotes", R"({'type':'ping','id':1})", "not valid"},
    {"a byte order mark",
     "\xef\xbb\xbf"
     R"({"type":"ping","id":1})",
     "not valid"},
    {"depth 17", with(R"("x":)" + repeated("[", 16) + repeated("]", 16)), "deeper than 16"},
    {"depth 60,000, all that a frame can hold", R"({"x":)" + repeated("[", 60'000), "deeper than 16"},
    {"the same without an object around it", repeated("[", 60'000), "one JSON object"},
    {"objects 60,000 bytes deep", repeated(R"({"a":)", 12'000), "deeper than 16"},
    {"depth 10^5", repeated("[", 100'000), "longer than 65536", code::too_large},
    {"a huge key", with("\"" + std::string(60'000, 'k') + R"(":1)"), "key is longer than 128"},
    {"a huge key with escapes", with("\"" + repeated(R"(\u0041)", 9'000) + R"(":1)"), "key is longer than 128"},
    {"one past the key's bound", with("\"" + std::string(129, 'k') + R"(":1)"), "key is longer than 128"},
    {"a double known key", R"({"type":"ping","id":1,"id":1})", "`id` stands twice"},
    {"a double type", R"({"type":"ping","id":1,"type":"ping"})", "`type` stands twice"},
    {"a double key after null", R"({"type":"ping","id":1,"room":null,"room":"r"})", "`room` stands twice"},
    {"a double key written otherwise", R"({"type":"ping","id":1,"\u0069d":1})", "`id` stands twice"},
    {"a double unknown key", with(R"("x":1,"y":2,"x":1)"), "`x` stands twice"},
    {"a double key in an unknown object", with(R"("x":[{"a":{"b":1,"c":1,"b":1}}])"), "`b` stands twice"},
    {"a double known key in a known object",
     R"({"type":"join","id":1,"room":"r","since":{"epoch":"e","seq":1,"seq":2}})", "`seq` stands twice"},
    {"a double unknown key in a known object",
     R"({"type":"join","id":1,"room":"r","since":{"epoch":"e","x":1,"seq":1,"x":2}})", "`x` stands twice"},
    {"1e999", with(R"("x":1e999)"), "too large"},
    {"1e999 as an id", R"({"type":"ping","id":1e999})", "too large"},
    {"a lone leading surrogate", send_with_body(R"(\ud800)"), "not valid"},
    {"a lone trailing surrogate", send_with_body(R"(\udc00)"), "not valid"},
    {"a surrogate and something else", send_with_body(R"(\ud800\u0041)"), "not valid"},
    {"an unfinished escape", send_with_body(R"(\u12)"), "not valid"},
    {"an unknown escape", send_with_body(R"(\x41)"), "not valid"},
    {"a raw control character", send_with_body("a\nb"), "not valid"},
    {"a raw NUL", send_with_body(std::string_view{"a\0b", 3}), "not valid"},
    {"bad UTF-8: a lone continuation", send_with_body("\x80"), "not valid"},
    {"bad UTF-8: cut short", send_with_body("\xe2\x82"), "not valid"},
    {"bad UTF-8: overlong", send_with_body("\xc0\xaf"), "not valid"},
    {"bad UTF-8: a surrogate", send_with_body("\xed\xa0\x80"), "not valid"},
    {"bad UTF-8: beyond U+10FFFF", send_with_body("\xf4\x90\x80\x80"), "not valid"},
    {"bad UTF-8 in an unknown field", with("\"x\":\"\xff\""), "not valid"},
    {"bad UTF-8 in a key", with("\"\xff\":1"), "not valid"},
  };
  for (const auto& row : table) {
    CAPTURE(row.what);
    const auto failure = refused(row.frame);
    CHECK_THAT(failure.message, Catch::Contains(row.reason));
    CHECK(failure.code == row.code);
    CHECK(encoded(understood(R"({"type":"ping","id":3})")) == R"({"type":"ping","id":3})"); // and the next one works
  }
}

TEST_CASE("wrong types, null and missing fields are refused by name") {
  const std::vector<bad_frame> table{
    {"no type", R"({"id":1})", "`type` is required"},
    {"type null", R"({"type":null,"id":1})", "`type` is required"},
    {"type a number", R"({"type":1,"id":1})", "`type` is required"},
    {"unknown type", R"({"type":"pong","id":1})", "Unknown `type` `pong`"},
    {"type in another case", R"({"type":"Ping","id":1})", "use one of hello, refresh, ping"},
    {"no id", R"({"type":"ping"})", "`id` is required in `ping`"},
    {"id null", R"({"type":"ping","id":null})", "`id` must be an integer"},
    {"id a text", R"({"type":"ping","id":"1"})", "`id` must be an integer"},
    {"id a fraction", R"({"type":"ping","id":1.5})", "`id` must be an integer"},
    {"id written as a fraction", R"({"type":"ping","id":1.0})", "`id` must be an integer"},
    {"id with an exponent", R"({"type":"ping","id":1e3})", "`id` must be an integer"},
    {"id 2^53", R"({"type":"ping","id":9007199254740992})", "`id` must be an integer"},
    {"id -2^53", R"({"type":"ping","id":-9007199254740992})", "`id` must be an integer"},
    {"id 2^63", R"({"type":"ping","id":9223372036854775808})", "`id` must be an integer"},
    {"id -2^63", R"({"type":"ping","id":-9223372036854775808})", "`id` must be an integer"},
    {"id 2^64", R"({"type":"ping","id":18446744073709551616})", "`id` must be an integer"},
    {"id an object", R"({"type":"ping","id":{}})", "`id` must be an integer"},
    {"room a number", R"({"type":"typing","room":5})", "`room` must be a string"},
    {"seq negative", R"({"type":"mark","room":"r","read":-1})", "`read` must be an integer from 0"},
    {"seq 2^53", R"({"type":"mark","room":"r","read":9007199254740992})", "`read` must be an integer from 0"},
    {"limit 2^32", R"({"type":"fetch","id":1,"room":"r","limit":4294967296})", "`limit` must be an integer"},
    {"forget a number", R"({"type":"leave","id":1,"room":"r","forget":1})", "`forget` must be true or false"},
    {"since a text", R"({"type":"join","id":1,"room":"r","since":"e:5"})", "`since` must be an object"},
    {"since a list", R"({"type":"join","id":1,"room":"r","since":["e",5]})", "`since` must be an object"},
    {"since null", R"({"type":"join","id":1,"room":"r","since":null})", "`since` must be an object"},
    {"since without seq", R"({"type":"join","id":1,"room":"r","since":{"epoch":"e"}})", "`since.seq` is required"},
    {"since.seq null", R"({"type":"join","id":1,"room":"r","since":{"epoch":"e","seq":null}})", "`since.seq` must be"},
    {"since.epoch an object", R"({"type":"join","id":1,"room":"r","since":{"epoch":{},"seq":1}})",
     "`since.epoch` must be"},
    {"want a text", R"({"type":"join","id":1,"room":"r","want":"presence"})", "`want` must be an array"},
    {"want of numbers", R"({"type":"join","id":1,"room":"r","want":["marks",5]})", "`want[]` must be a string"},
    {"want of lists", R"({"type":"join","id":1,"room":"r","want":[[]]})", "`want[]` must be a string"},
    {"257 wants", R"({"type":"join","id":1,"room":"r","want":["")" + repeated(R"(,"")", 256) + "]}", "too many"},
    {"rooms of texts", R"({"type":"hello","id":1,"rooms":["lounge"]})", "`rooms[]` must be an object"},
    {"rooms without epoch", R"({"type":"hello","id":1,"rooms":[{"room":"a","seq":1}]})", "`rooms[].epoch` is required"},
    {"rooms null", R"({"type":"hello","id":1,"rooms":null})", "`rooms` must be an array"},
  };
  for (const auto& row : table) {
    CAPTURE(row.what);
    const auto failure = refused(row.frame);
    CHECK_THAT(failure.message, Catch::Contains(row.reason));
    CHECK(failure.code == row.code);
  }
}

TEST_CASE("forms that the protocol does not allow are refused") {
  const auto long_text = [](std::size_t n) { return std::string(n, 'a'); };
  const std::vector<bad_frame> table{
    {"an empty room", R"({"type":"typing","room":""})", "not a room name"},
    {"a room with a space", R"({"type":"typing","room":"a b"})", "not a room name"},
    {"a room with a NUL", R"({"type":"typing","room":"a\u0000"})", "not a room name"},
    {"a room with an umlaut", R"({"type":"typing","room":"ä"})", "not a room name"},
    {"a room of 161", R"({"type":"typing","room":")" + long_text(161) + "\"}", "not a room name"},
    {"a user of 65", R"({"type":"hello","id":1,"user":")" + long_text(65) + "\"}", "not a user id"},
    {"a user with a slash", R"({"type":"hello","id":1,"user":"a/b"})", "not a user id"},
    {"an empty user", R"({"type":"hello","id":1,"user":""})", "not a user id"},
    {"a token of 8 KiB and one", R"({"type":"hello","id":1,"token":")" + long_text(limits::token_bytes_max + 1) + "\"}",
     "token is not accepted", code::unauthorized},
    {"a refresh with such a token",
     R"({"type":"refresh","id":1,"token":")" + long_text(limits::token_bytes_max + 1) + "\"}", "token is not accepted",
     code::unauthorized},
    {"a long resume", R"({"type":"hello","id":1,"resume":")" + long_text(513) + "\"}", "`resume` is longer",
     code::too_large},
    {"a long sdk", R"({"type":"hello","id":1,"sdk":")" + long_text(129) + "\"}", "`sdk` is longer", code::too_large},
    {"a long epoch", R"({"type":"hello","id":1,"rooms":[{"room":"a","epoch":")" + long_text(65) + R"(","seq":1}]})",
     "`epoch`"},
    {"a room resumed twice",
     R"({"type":"hello","id":1,"rooms":[{"room":"a","epoch":"e","seq":1},{"room":"a","epoch":"e","seq":2}]})", "twice"},
    {"a cid that is no ULID", send_with(R"("cid":"1","body":"hi")"), "not a ULID"},
    {"a cid in lower case", send_with(R"("cid":"01hzxw3k5v8q2r7t9b4c6d8e0f","body":"hi")"), "not a ULID"},
    {"a cid beyond 128 bits", send_with(R"("cid":"81HZXW3K5V8Q2R7T9B4C6D8E0F","body":"hi")"), "not a ULID"},
    {"an empty body", send_with(cid_field + R"(,"body":"")"), "`body` is empty"},
    {"no body", send_with(cid_field), "`body` is required"},
    {"one past the body's bound", send_with_body(long_text(limits::body_bytes_max + 1)), "`body` is longer",
     code::too_large},
    {"one past it in bytes, not characters", send_with_body(repeated("ä", limits::body_bytes_max / 2) + "a"),
     "`body` is longer", code::too_large},
    {"one past it after unescaping", send_with_body(repeated(R"(\n)", limits::body_bytes_max + 1)), "`body` is longer",
     code::too_large},
    {"a kind of the server's", send_with(cid_field + R"(,"body":"hi","kind":"system")"), "`kind` is unknown"},
    {"an empty kind", send_with(cid_field + R"(,"body":"hi","kind":"")"), "`kind` is unknown"},
    {"x- alone", send_with(cid_field + R"(,"body":"hi","kind":"x-")"), "`kind` is unknown"},
    {"x- in upper case", send_with(cid_field + R"(,"body":"hi","kind":"x-Card")"), "`kind` is unknown"},
    {"a kind of 33", send_with(cid_field + R"(,"body":"hi","kind":"x-)" + long_text(31) + "\""), "`kind` is unknown"},
    {"an edit without target", send_with(cid_field + R"(,"body":"hi","kind":"edit")"), "`target` is required"},
    {"a delete of 0", send_with(cid_field + R"(,"body":"","kind":"delete","target":0)"), "`target` is required"},
    {"a delete with a body", send_with(cid_field + R"(,"body":"hi","kind":"delete","target":1)"), "must be empty"},
    {"a reaction without body", send_with(cid_field + R"(,"body":"","kind":"reaction","target":1)"), "`body` is empty"},
    {"a long reaction", send_with(cid_field + R"(,"kind":"reaction","target":1,"body":")" + long_text(65) + "\""),
     "`body` is longer", code::too_large},
    {"a text with a target", send_with(cid_field + R"(,"body":"hi","target":1)"), "`target` does not belong"},
    {"an answer to 0", send_with(cid_field + R"(,"body":"hi","reply_to":0)"), "`reply_to` does not belong"},
    {"an edit that answers", send_with(cid_field + R"(,"body":"hi","kind":"edit","target":1,"reply_to":2)"),
     "`reply_to` does not belong"},
    {"a fetch both ways", R"({"type":"fetch","id":1,"room":"r","after":1,"before":9,"limit":5})", "exclude each other"},
    {"a fetch of none", R"({"type":"fetch","id":1,"room":"r","limit":0})", "`limit` is 0"},
    {"a fetch of 201", R"({"type":"fetch","id":1,"room":"r","limit":201})", "`limit` is above 200"},
    {"a fetch of 10^9", R"({"type":"fetch","id":1,"room":"r","limit":1000000000})", "`limit` is above 200"},
    {"a join with 201", R"({"type":"join","id":1,"room":"r","limit":201})", "`limit` is above 200"},
    {"a mark of nothing", R"({"type":"mark","room":"r"})", "marks nothing"},
    {"rooms after no room", R"({"type":"rooms","id":1,"after":"a b"})", "not a room name"},
  };
  for (const auto& row : table) {
    CAPTURE(row.what);
    const auto failure = refused(row.frame);
    CHECK_THAT(failure.message, Catch::Contains(row.reason));
    CHECK(failure.code == row.code);
  }
}

TEST_CASE("orders of moderators that the protocol does not allow are refused") {
  const auto order = [](std::string_view fields) {
    return R"({"type":"moderate","id":1,"room":"r",)" + cid_field + "," + std::string{fields} + "}";
  };
  const auto reason = [](std::size_t n) { return R"(,"reason":")" + std::string(n, 'a') + "\""; };
  const std::vector<bad_frame> table{
    {"no action", order(R"("user":"bob")"), "`action` is required"},
    {"an unknown action", order(R"("action":"tickle","user":"bob")"), "`action` is unknown"},
    {"nobody", order(R"("action":"kick")"), "`user` is required"},
    {"no user id", order(R"("action":"kick","user":"b b")"), "not a user id"},
    {"slow mode for one", order(R"("action":"slow_mode","interval_ms":1,"user":"bob")"), "`user` does not belong"},
    {"slow mode without time", order(R"("action":"slow_mode")"), "`interval_ms` belongs to"},
    {"slow mode of a day", order(R"("action":"slow_mode","interval_ms":86400000)"), "`interval_ms` is above 21600000"},
    {"a time between kicks", order(R"("action":"kick","user":"bob","interval_ms":1)"), "`interval_ms` belongs to"},
    {"a kick for a time", order(R"("action":"kick","user":"bob","for_ms":1)"), "`for_ms` belongs to"},
    {"a ban of no time", order(R"("action":"ban","user":"bob","for_ms":0)"), "`for_ms` is out of range"},
    {"a ban of a million years", order(R"("action":"ban","user":"bob","for_ms":31557600000000000)"), "`for_ms`"},
    {"a mute of eleven years", order(R"("action":"mute","user":"bob","for_ms":347133600000)"), "out of range"},
    {"no role", order(R"("action":"role","user":"bob")"), "`role` belongs to"},
    {"a role with a ban", order(R"("action":"ban","user":"bob","role":"reader")"), "`role` belongs to"},
    {"an unknown role", order(R"("action":"role","user":"bob","role":"king")"), "`role` is unknown"},
    {"banned as a role", order(R"("action":"role","user":"bob","role":"banned")"), "`role` is unknown"},
    {"a long reason", order(R"("action":"kick","user":"bob")" + reason(513)), "`reason` is longer", code::too_large},
    {"no ULID", R"({"type":"moderate","id":1,"room":"r","cid":"1","action":"kick","user":"bob"})", "not a ULID"},
  };
  for (const auto& row : table) {
    CAPTURE(row.what);
    const auto failure = refused(row.frame);
    CHECK_THAT(failure.message, Catch::Contains(row.reason));
    CHECK(failure.code == row.code);
  }
  CHECK(understood(order(R"("action":"kick","user":"bob")" + reason(512))).index() == 11);
  CHECK(understood(order(R"("action":"slow_mode","interval_ms":21600000)")).index() == 11);
}

TEST_CASE("what stands exactly at a bound is taken") {
  CHECK(understood(with(R"("x":)" + repeated("[", 15) + repeated("]", 15))).index() == 2);
  CHECK(understood(with("\"" + std::string(128, 'k') + R"(":1)")).index() == 2);
  CHECK(understood(R"({"type":"ping","id":9007199254740991})").index() == 2);
  CHECK(understood(R"({"type":"ping","id":-9007199254740991})").index() == 2);
  CHECK(std::get<client::send>(understood(send_with_body(std::string(limits::body_bytes_max, 'a')))).body.size() ==
        limits::body_bytes_max);
  CHECK(std::get<client::send>(understood(send_with_body(repeated(R"(\n)", limits::body_bytes_max)))).body.size() ==
        limits::body_bytes_max);
  CHECK(understood(R"({"type":"typing","room":")" + std::string(160, 'a') + "\"}").index() == 9);
  CHECK(understood(R"({"type":"hello","id":1,"user":")" + std::string(64, 'a') + "\"}").index() == 0);
  CHECK(understood(R"({"type":"fetch","id":1,"room":"r","limit":200})").index() == 7);
  CHECK(understood(R"({"type":"join","id":1,"room":"r","limit":0})").index() == 4);
  std::string frame = R"({"type":"ping","id":1})";
  frame.resize(limits::frame_bytes_max, ' ');
  CHECK(understood(frame).index() == 2);
  CHECK(refused(frame + " ").code == code::too_large);
}

TEST_CASE("ten thousand unknown keys are read, and a double one among them is found") {
  std::string fields;
  for (int i = 0; fields.size() < 60'000; ++i)
    fields += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":0";
  CHECK(understood(with(fields)).index() == 2);
  CHECK_THAT(refused(with(fields + R"(,"k77":0)")).message, Catch::Contains("`k77` stands twice"));
}

SCENARIO("an error can be matched with its request") {
  THEN("id and cid come back when they could be read, wherever they stood") {
    const auto f = refused(R"({"x":1,"x":2,"type":"send","room":7,)" + cid_field + R"(,"id":42})");
    CHECK(f.id == 42);
    CHECK(f.cid == a_cid);
  }
  THEN("they come back when they stood before broken JSON") {
    const auto f = refused(R"({"type":"send","id":42,)" + cid_field + R"(,"body":"\ud800"})");
    CHECK(f.id == 42);
    CHECK(f.cid == a_cid);
  }
  THEN("they come back with a refusal of form") {
    const auto f = refused(R"({"type":"send","id":42,"room":"r",)" + cid_field + R"(,"body":""})");
    CHECK(f.id == 42);
    CHECK(f.cid == a_cid);
  }
  THEN("an unknown type still has its id") { CHECK(refused(R"({"id":42,"type":"dance"})").id == 42); }
  THEN("nothing is invented") {
    const auto f = refused(R"({"type":"send","id":"42","cid":7})");
    CHECK_FALSE(f.id);
    CHECK_FALSE(f.cid);
    CHECK_FALSE(refused(R"({"type":"typing","room":""})").id);
    CHECK_FALSE(refused(R"({"type":"send","cid":")" + std::string(5'000, 'A') + "\"}").cid);
  }
  THEN("what is quoted from the frame is short and printable") {
    const auto f = refused(R"({"id":1,"type":"\u001b[31m\n)" + std::string(5'000, 'A') + "\"}");
    CHECK(f.message.size() < 250);
    CHECK(f.message.find('\n') == std::string::npos);
    CHECK(f.message.find('\x1b') == std::string::npos);
  }
}
