#include "actors/middleware/log_text.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

namespace {

std::string escaped(std::string_view text) {
  std::string to;
  actors::append_escaped(to, text);
  return to;
}

std::string word(std::string_view text) {
  std::string to;
  actors::append_word(to, text);
  return to;
}

} // namespace

SCENARIO("text from outside stays on its line") {
  CHECK(escaped("ann") == "ann");
  CHECK(escaped("a\r\nb\tc") == "a\\u000d\\u000ab\\u0009c");
  CHECK(escaped(std::string{"\0", 1}) == "\\u0000");
  CHECK(escaped("\x1b[31mred") == "\\u001b[31mred");
  CHECK(escaped("\x7f") == "\\u007f");
  CHECK(escaped("say \"hi\" \\o/") == "say \\\"hi\\\" \\\\o/");

  THEN("what turns the direction of writing, or is a line end elsewhere, shows as a number") {
    CHECK(escaped("ab\u202egnp.exe") == "ab\\u202egnp.exe");
    CHECK(escaped("\u2066x\u2069") == "\\u2066x\\u2069");
    CHECK(escaped("\u200f") == "\\u200f");
    CHECK(escaped("\u0085\u2028\u2029") == "\\u0085\\u2028\\u2029");
  }
  THEN("letters of all scripts stay, and bytes that are no UTF-8 show as numbers") {
    CHECK(escaped("Zoë 名前 👋") == "Zoë 名前 👋");
    CHECK(escaped("a\xff\xc3") == "a\\u00ff\\u00c3");
  }
}

SCENARIO("a word stands alone only when nobody can mistake it") {
  CHECK(word("lobby") == "lobby");
  CHECK(word("") == "\"\"");
  CHECK(word("a b") == "\"a b\"");
  CHECK(word("x user=root") == "\"x user=root\"");
  CHECK(word("a=b") == "\"a=b\"");
  CHECK(word("a\nb") == "\"a\\u000ab\"");
}

SCENARIO("times are UTC with milliseconds") {
  std::string to;
  actors::append_time(to, 1'700'000'000'123);
  CHECK(to == "2023-11-14T22:13:20.123Z");
  to.clear();
  actors::append_time(to, 951'825'600'000);
  CHECK(to == "2000-02-29T12:00:00.000Z");
}
