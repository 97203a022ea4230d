// What is typed and what is shown, without a terminal.
#include "apps/troupe/chat/words.hpp"
#include "apps/troupe/chat/line_editor.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>

using namespace troupe;
using namespace troupe::chat;
using verb = input::verb;

TEST_CASE("a typed line is understood") {
  struct row {
    std::string line;
    verb what;
    std::string name = {};
    std::optional<protocol::seq_t> seq = {};
    std::string text = {};
  };
  const row rows[] = {
    {"", verb::nothing},
    {"   ", verb::nothing},
    {"hello there ", verb::say, "", {}, "hello there"},
    {"//shrug", verb::say, "", {}, "/shrug"},
    {"/join lounge", verb::join, "lounge"},
    {"/join the lounge", verb::wrong, "", {}, "/join ROOM: letters, digits and _ . : / @ - make a name"},
    {"/dm bob", verb::direct, "bob"},
    {"/dm bob  are you there?", verb::direct, "bob", {}, "are you there?"},
    {"/edit better words", verb::edit, "", {}, "better words"},
    {"/edit 12 better words", verb::edit, "", 12, "better words"},
    {"/edit #12 better words", verb::edit, "", 12, "better words"},
    {"/edit", verb::wrong, "", {}, "/edit [SEQ] TEXT"},
    {"/delete", verb::remove},
    {"/delete #3", verb::remove, "", 3},
    {"/delete it", verb::wrong, "", {}, "/delete [SEQ]"},
    {"/react 4 👍", verb::react, "", 4, "👍"},
    {"/react 👍", verb::wrong, "", {}, "/react SEQ EMOJI"},
    {"/reply 4 yes", verb::reply, "", 4, "yes"},
    {"/who", verb::who},
    {"/rooms", verb::rooms},
    {"/older", verb::older},
    {"/quit", verb::quit},
    {"/\x1b[2J", verb::wrong, "", {}, "there is no /␛[2J; /help tells what there is"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.line);
    const auto meant = parse_input(row.line);
    CHECK(meant.what == row.what);
    CHECK(meant.name == row.name);
    CHECK(meant.seq == row.seq);
    CHECK(meant.text == row.text);
  }
}

TEST_CASE("an order of a moderator is understood") {
  const auto order = [](const std::string& line) {
    const auto meant = parse_input(line);
    REQUIRE(meant.what == verb::moderate);
    return meant.order;
  };
  CHECK(order("/kick bob").action == "kick");
  CHECK(order("/kick bob").user == "bob");
  CHECK(order("/kick bob that is enough").reason == "that is enough");
  CHECK(order("/ban bob").for_ms == std::nullopt);
  CHECK(order("/ban bob 2h spam").for_ms == 7'200'000u);
  CHECK(order("/ban bob 2h spam").reason == "spam");
  CHECK(order("/mute bob 10 times too loud").for_ms == std::nullopt);
  CHECK(order("/mute bob 10 times too loud").reason == "10 times too loud");
  CHECK(order("/unban bob").action == "unban");
  CHECK(order("/unmute bob").action == "unmute");
  CHECK(order("/role bob moderator").role == "moderator");
  CHECK(order("/slow 30s").interval_ms == 30'000u);
  CHECK(order("/slow 0").interval_ms == 0u);
  for (const auto* line :
       {"/kick", "/ban b!", "/role bob", "/role bob king", "/role bob banned", "/slow", "/slow 7h", "/slow fast"})
    CHECK(parse_input(line).what == verb::wrong);
}

TEST_CASE("a message is a line") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  protocol::entry what{.seq = 7, .from = "ann", .cid = "c", .time = 1'700'000'000'000, .kind = "text", .body = "hi"};
  const palette plain;
  CHECK(shown_message(what, plain, true) == "22:13 #7 ann: hi");
  what.reply_to = 5;
  CHECK(shown_message(what, plain, true) == "22:13 #7 ann: (to #5) hi");
  what.edited = 1;
  what.reactions = std::vector<protocol::reaction>{{"👍", {"bob", "eve"}}};
  CHECK(shown_message(what, plain, false) == "22:13 #7 ann: (to #5) hi (edited)  👍 2");
  CHECK(shown_message({.seq = 8, .from = "ann", .kind = "edit", .body = "ho", .target = 7}, plain, true) ==
        "00:00 #8 ann edited #7: ho");
  CHECK_FALSE(shown_message({.seq = 8, .from = "ann", .kind = "edit", .body = "ho", .target = 7}, plain, false));
  CHECK(shown_message({.seq = 9, .from = "ann", .kind = "text", .deleted = true}, plain, false) ==
        "00:00 #9 ann: (deleted)");
  CHECK(shown_message({.seq = 9, .from = "e\x1bve", .kind = "text", .body = "\x1b[31m"}, plain, true) ==
        "00:00 #9 e␛ve: ␛[31m");
  const auto event = [&](const char* body) {
    return shown_message({.seq = 9, .from = "ann", .kind = "system", .body = body}, plain, false);
  };
  CHECK(event(R"({"action":"mute","user":"bob","for_ms":600000,"by":"ann","reason":"too loud"})") ==
        "00:00 #9 ann muted bob for 600 s (too loud)");
  CHECK(event(R"({"action":"role","user":"bob","role":"owner","by":"ann"})") == "00:00 #9 ann made bob owner");
  CHECK(event("what\x1b is this") == "00:00 #9 ann what␛ is this");
  CHECK(palette{true}.name("ann") == palette{true}.name("ann"));
}

TEST_CASE("rooms have names for people") {
  CHECK(direct_room("bob", "ann") == "dm:ann:bob");
  CHECK(shown_room("dm:ann:bob", "ann") == "@bob");
  CHECK(shown_room("dm:ann:bob", "bob") == "@ann");
  CHECK(shown_room("lounge", "ann") == "lounge");
}

namespace {

std::string typed(line_editor& editor, std::string_view keys) {
  std::string line;
  for (const char key : keys)
    if (editor.press(key) == line_editor::outcome::line)
      line = editor.take();
  return line;
}

} // namespace

TEST_CASE("keys make lines") {
  struct row {
    const char* what;
    std::string keys;
    std::string line;
  };
  const row rows[] = {
    {"letters", "abc\r", "abc"},
    {"backspace",
     "abd\x7f"
     "c\r",
     "abc"},
    {"backspace takes a whole character",
     "aä\x7f"
     "b\r",
     "ab"},
    {"the arrows", "ac\x1b[Db\r", "abc"},
    {"home and end", "bc\x1b[Ha\x1b[Fd\r", "abcd"},
    {"delete", "abxc\x1b[D\x1b[D\x1b[3~\r", "abc"},
    {"^U and ^K",
     "xxx\x15"
     "abcd\x1b[D\x0b\r",
     "abc"},
    {"^W takes a word", "one two  \x17three\r", "one three"},
    {"unknown sequences are ignored", "a\x1b[200~b\x1bOPc\r", "abc"},
    {"other control characters are ignored",
     "a\x02\x06\x07"
     "b\r",
     "ab"},
    {"broken UTF-8 is ignored",
     "a\xBF"
     "b\r",
     "ab"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    line_editor editor;
    CHECK(typed(editor, row.keys) == row.line);
    CHECK(editor.empty());
  }
}

TEST_CASE("earlier lines come back") {
  line_editor editor;
  typed(editor, "one\rtwo\r");
  CHECK(typed(editor, "dra\x1b[A\x1b[A\r") == "one");
  CHECK(typed(editor, "dra\x1b[A\x1b[Bft\r") == "draft");
}

TEST_CASE("^D ends, but only an empty line") {
  line_editor editor;
  CHECK(editor.press('\x04') == line_editor::outcome::end);
  editor.press('a');
  CHECK(editor.press('\x04') == line_editor::outcome::changed);
}

TEST_CASE("commands are not typing") {
  line_editor editor;
  CHECK_FALSE(editor.speaks());
  typed(editor, "/qui");
  CHECK_FALSE(editor.speaks());
  typed(editor, "\x15hello");
  CHECK(editor.speaks());
}

TEST_CASE("the line is drawn where the cursor is") {
  line_editor editor;
  typed(editor, "0123456789");
  CHECK(editor.draw(20).text == "0123456789");
  CHECK(editor.draw(20).cursor == 10);
  CHECK(editor.draw(5).text == "6789");
  CHECK(editor.draw(5).cursor == 4);
  typed(editor, "\x01");
  CHECK(editor.draw(5).text == "01234");
  CHECK(editor.draw(5).cursor == 0);
  line_editor wide;
  typed(wide, "日本語");
  CHECK(wide.draw(20).cursor == 6);
}
