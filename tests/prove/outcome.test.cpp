#include "apps/troupe/prove/outcome.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::prove;

namespace {

outcome good_one() {
  outcome what;
  what.run = std::string{"r"}; // GCC 12 warns of the short assignment (bug 105651).
  what.rooms = {"prove/1/r/0", "prove/1/r/1"};
  what.faults = {"kill -9 of a"};
  crowd::figures first;
  first.acked = 1'000'000;
  first.alive = true;
  first.pauses = {{0, fault_kind::kill, 0, 400'000, 1, 1}};
  crowd::figures second = first;
  second.acked = 234'567;
  second.pauses[0].first_ack_us = 600'000;
  what.last.faults = 1;
  what.last.add(first, 0, 0);
  what.last.add(second, 1, 0);
  return what;
}

} // namespace

SCENARIO("the ledger's line") {
  const auto what = good_one();
  CHECK(to_line(what.last, what.rooms) == "acked 1,234,567 · lost 0 · doubled 0 · out of order 0 · faults 1 · "
                                          "worst pause 0.6 s (room prove/1/r/1)");
  CHECK(to_line({}, {}) == "acked 0 · lost 0 · doubled 0 · out of order 0 · faults 0");
}

SCENARIO("a run passes when the checker and the run itself found nothing") {
  const settings how;
  auto what = good_one();
  CHECK(what.passed());
  CHECK(to_json(how, what).find(R"("passed":true)") != std::string::npos);
  WHEN("rooms did not come back") {
    what.troubles.push_back("rooms did not come back");
    CHECK_FALSE(what.passed());
    CHECK(to_text(how, what).find("NOT PROVED") != std::string::npos);
    CHECK(to_json(how, what).find(R"("passed":false)") != std::string::npos);
  }
  WHEN("a node lived for long, its memory is told") {
    for (int s = 0; s <= 600; s += 5)
      what.memory.read("a", 7, s, 2'048);
    what.memory.load_is_over();
    what.memory.read("a", 7, 605, 1'024);
    CHECK(to_text(how, what).find("each sixth of the run: 2.0 2.0 2.0 2.0 2.0 2.0\n"
                                  "a (process 7) over 8 min: 2.0 -> 2.0 MiB, +0.00 % in 10 min, +0.00 % in its second "
                                  "half; 1.0 at rest after it") != std::string::npos);
    CHECK(to_json(how, what).find(R"("end_kb":1024)") != std::string::npos);
    CHECK(what.passed());
  }
  WHEN("one crowd's verdict has a finding, so has the whole") {
    checker::verdict bad;
    bad.counts.sends = 7;
    bad.counts.faults = 1;
    bad.findings.push_back({checker::rules::stored_once, 2, {{3, "twice"}}});
    merge(what.verdict, bad);
    merge(what.verdict, bad);
    CHECK_FALSE(what.passed());
    CHECK(what.verdict.counts.sends == 14);
    CHECK(what.verdict.counts.faults == 1);
    REQUIRE(what.verdict.findings.size() == 1);
    CHECK(what.verdict.findings[0].count == 4);
  }
}
