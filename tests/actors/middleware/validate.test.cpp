#include "actors/middleware/built_in.hpp"
#include "tests/actors/middleware/lone_caller.hpp"
#include "tests/support/simulation.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::tests;

namespace {

std::string repeated(std::string_view what, unsigned times) {
  std::string all;
  for (unsigned i = 0; i < times; ++i)
    all += what;
  return all;
}

} // namespace

SCENARIO("validate lets bodies pass as they are, and refuses those that disturb") {
  simulation sim{1};
  lone_caller ann;
  const auto kind = actors::validate_step();
  config::options options;

  GIVEN("the defaults") {
    lone_step validate{kind, sim.services(), options};
    const auto verdict = [&](const std::string& body) { return validate.refusal_of(ann.says(body)); };

    THEN("text of any script passes, with lines, tabs and some accents") {
      for (const char* body :
           {"hello", "two\nlines\tand a tab", "Zoë", "e\u0301", "名前", "👋🏽", "\u202eabc", "\x7f"})
        CHECK(verdict(body).empty());
      CHECK(verdict("a" + repeated("\u0301", 30)).empty());
      CHECK(verdict(repeated("a" + repeated("\u0301", 30), 3)).empty());
    }
    THEN("control characters do not") {
      for (const std::string& body :
           {std::string{"a\0b", 3}, std::string{"bell\a"}, std::string{"a\r\nb"}, std::string{"\x1b[2J"}})
        CHECK(verdict(body).find("control character") != std::string::npos);
    }
    THEN("one combining mark past the bound does not, wherever it stands") {
      CHECK(verdict("a" + repeated("\u0301", 31)) == "the body has more than 30 combining marks in a row");
      CHECK_FALSE(verdict("fine e\u0301 and then " + repeated("\u0489", 31) + " end").empty());
    }
    THEN("white space alone does not, visible or not") {
      for (const char* body : {" ", "\n\t ", "\u00a0\u2003", "\u3000", "\u200b\u200d", "\u2060 \ufeff"})
        CHECK(verdict(body) == "the body is blank: write something");
      CHECK(verdict(" \u200b.").empty());
    }
    THEN("what is no UTF-8 does not") { CHECK(verdict("a\xff") == "the body is no UTF-8"); }
    THEN("a body that nobody reads may be blank, but has no control characters either") {
      CHECK(validate.refusal_of(ann.says("", "delete")).empty());
      CHECK(validate.refusal_of(ann.says(" ", "x-state")).empty());
      CHECK_FALSE(validate.refusal_of(ann.says("\a", "x-state")).empty());
      CHECK_FALSE(validate.refusal_of(ann.says("  ", "edit")).empty());
    }
    THEN("the error is final, and the body is what it was") {
      const auto request = ann.says("a\u0301\u200b");
      const auto how = validate->admit(*request);
      CHECK(std::holds_alternative<actors::pass>(how));
      CHECK(request->body() == "a\u0301\u200b");
      const auto no = std::get<actors::refuse>(validate->admit(*ann.says("\a")));
      CHECK(no.why.code == protocol::code::bad_request);
      CHECK(no.why.retry == protocol::retry::never);
    }
  }
  GIVEN("other rules") {
    options.validate.blank = true;
    options.validate.combining_max = 1;
    lone_step validate{kind, sim.services(), options};
    CHECK(validate.refusal_of(ann.says(" ")).empty());
    CHECK(validate.refusal_of(ann.says("e\u0301")).empty());
    CHECK_FALSE(validate.refusal_of(ann.says("e\u0301\u0301")).empty());
  }
}
