#include "actors/middleware/built_in.hpp"
#include "actors/middleware/word_list.hpp"
#include "tests/actors/middleware/lone_caller.hpp"
#include "tests/support/simulation.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace troupe;
using namespace troupe::tests;
using actors::word_list;

SCENARIO("a word is found however it is written, but only as a whole") {
  const word_list words{{"badger", "Straße", "two words", "naïve", "禁止"}};

  THEN("case, width, ligatures and invisible characters make no difference") {
    for (const std::string text :
         {"badger", "a BADGER!", "Ｂａｄｇｅｒ", "bad\u00adger", "b\u200badg\u2060er", "(badger)", "ⓑⓐⓓⓖⓔⓡ",
          "no-badger-here", "STRASSE", "strasse", "NAI\u0308VE", "x_badger"})
      CHECK(words.occurs_in(text));
  }
  THEN("a part of a longer word is another word") {
    for (const std::string text : {"badgers", "unbadger", "badger2", "bad ger", "naive", "strassen", "", "...", "\xff"})
      CHECK_FALSE(words.occurs_in(text));
  }
  THEN("a group is found with anything between its words, in its order") {
    CHECK(words.occurs_in("these two words"));
    CHECK(words.occurs_in("two,\n\twords"));
    CHECK_FALSE(words.occurs_in("words two"));
    CHECK_FALSE(words.occurs_in("two more words"));
    CHECK_FALSE(words.occurs_in("two"));
  }
  THEN("scripts without spaces have no whole words to look for") {
    CHECK(words.occurs_in("これは禁止です"));
    CHECK_FALSE(words.occurs_in("禁煙 停止"));
  }
  THEN("an empty list finds nothing") { CHECK_FALSE(word_list{{}}.occurs_in("badger")); }
}

SCENARIO("a body made to be slow is searched all the same") {
  const word_list words{{"badger"}};
  std::string tower = "a";
  while (tower.size() < 16'000)
    tower += tower.size() % 4 == 1 ? "\u0315" : "\u0316"; // Out of order: each pair has to be swapped.
  CHECK_FALSE(words.occurs_in(tower));
  CHECK(words.occurs_in(tower + " badger"));
}

SCENARIO("the bounds of a word list") {
  CHECK_NOTHROW(word_list(std::vector<std::string>(word_list::words_max, "word")));
  CHECK_THROWS(word_list(std::vector<std::string>(word_list::words_max + 1, "word")));
  CHECK_NOTHROW(word_list({"1 2 3 4 5 6 7 8"}));
  CHECK_THROWS(word_list({"1 2 3 4 5 6 7 8 9"}));
  CHECK_NOTHROW(word_list({std::string(word_list::entry_bytes_max, 'a')}));
  CHECK_THROWS(word_list({std::string(word_list::entry_bytes_max + 1, 'a')}));
  CHECK_THROWS(word_list({"?!"}));
}

SCENARIO("moderate refuses messages and edits with such a word, and does not repeat it") {
  const auto file = std::filesystem::temp_directory_path() / ("troupe-words-" + std::to_string(::getpid()));
  std::ofstream{file} << "# animals\nweasel   # small ones\r\n\n  stoat\n";
  simulation::options how;
  how.node.moderate.words = {"badger"};
  how.node.moderate.word_file = file.string();
  simulation sim{1, how};
  lone_caller ann;
  const auto kind = actors::moderate_step();
  CHECK_FALSE(kind.objection(how.node));
  lone_step moderate{kind, sim.services(), how.node};

  for (const std::string word : {"badger", "Weasel", "stoat"}) {
    const auto no = std::get<actors::refuse>(moderate->admit(*ann.says("what a " + word + "!")));
    CHECK(no.why.code == protocol::code::forbidden);
    CHECK(no.why.retry == protocol::retry::never);
    CHECK(no.why.message.find(word) == std::string::npos);
    CHECK_FALSE(moderate.refusal_of(ann.says(word, "edit")).empty());
  }
  CHECK(moderate.refusal_of(ann.says("animals, small ones")).empty());
  CHECK(moderate.refusal_of(ann.says("badger", "x-state")).empty());
  const auto request = ann.says("what a b\u200badge!");
  CHECK(std::holds_alternative<actors::pass>(moderate->admit(*request)));
  CHECK(request->body() == "what a b\u200badge!");
  std::filesystem::remove(file);

  THEN("a file that is not there is told before the node starts, and so is a word that is none") {
    CHECK(actors::moderate_step().objection(how.node).value_or("").find("cannot be read") != std::string::npos);
    how.node.moderate = {{"?!"}, ""};
    CHECK(actors::moderate_step().objection(how.node).value_or("").find("must have 1 to 8") != std::string::npos);
  }
}
