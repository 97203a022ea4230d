// Nothing a stranger writes moves the cursor, changes colours or turns the text.
#include "client/printable.hpp"
#include "client/endpoint.hpp"

#include <catch2/catch.hpp>

using namespace troupe::client;

TEST_CASE("what must not reach a terminal does not") {
  struct row {
    const char* what;
    std::string raw;
    std::string shown;
  };
  const row rows[] = {
    {"plain words", "hello, wörld ☺", "hello, wörld ☺"},
    {"an escape sequence", "\x1b[31mred\x1b[0m", "␛[31mred␛[0m"},
    {"NUL", std::string("a\0b", 3), "a␀b"},
    {"bell, backspace and delete", "\a\b\x7f", "␇␈␡"},
    {"C1 controls",
     "\xC2\x9B"
     "31m",
     "\xEF\xBF\xBD"
     "31m"},
    {"line breaks", "one\r\ntwo\nthree", "one ⏎ two ⏎ three"},
    {"a bare carriage return", "over\rwritten", "over␍written"},
    {"a right-to-left override",
     "abc\xE2\x80\xAE"
     "fed",
     "abc\xEF\xBF\xBD"
     "fed"},
    {"isolates", "\xE2\x81\xA6x\xE2\x81\xA9", "\xEF\xBF\xBDx\xEF\xBF\xBD"},
    {"an Arabic letter mark",
     "a\xD8\x9C"
     "b",
     "a\xEF\xBF\xBD"
     "b"},
    {"tags that cannot be seen",
     "a\xF3\xA0\x81\x81"
     "b",
     "a\xEF\xBF\xBD"
     "b"},
    {"bytes that are no UTF-8", "a\xFF\xC0\x80z", "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz"},
    {"a cut-off character", "a\xE2\x82", "a\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"a joined emoji", "👩‍👧 ok", "👩‍👧 ok"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(printable(row.raw) == row.shown);
  }
}

TEST_CASE("a tower of combining marks is cut") {
  std::string tower = "a";
  for (int i = 0; i < 500; ++i)
    tower += "\xCC\x81";
  CHECK(printable(tower + "b") ==
        "a" + std::string("\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81") + "b");
}

TEST_CASE("columns of a line") {
  CHECK(columns("abc") == 3);
  CHECK(columns("a\xCC\x81") == 1);
  CHECK(columns("日本") == 4);
}

TEST_CASE("addresses of nodes") {
  CHECK(parse_url("ws://127.0.0.1:8080/ws") == endpoint{"127.0.0.1", "8080", "/ws"});
  CHECK(parse_url("http://localhost:8080") == endpoint{"localhost", "8080", "/ws"});
  CHECK(parse_url("ws://[::1]:9/chat") == endpoint{"::1", "9", "/chat"});
  CHECK(parse_url("ws://example") == endpoint{"example", "80", "/ws"});
  for (const auto* bad :
       {"", "localhost:8080", "ftp://x", "ws://", "ws://:80", "ws://x:port", "ws://[::1", "ws://x:"}) {
    INFO(bad);
    CHECK_FALSE(parse_url(bad));
  }
}
