// Pages of history wait for their turn, instead of filling a link.
#include "actors/cluster/page_turns.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using troupe::actors::page_turns;

SCENARIO("as many pages are read as have a turn; the next when one is given back, in the order they came") {
  const auto turns = std::make_shared<page_turns>(2);
  std::vector<std::string> read;
  std::vector<page_turns::turn> held;
  // What still waits would be read into `held` while that goes, and hold a turn for good.
  const std::shared_ptr<void> at_the_end{nullptr, [&](void*) { turns->close(); }};
  for (const auto* who : {"ann", "bob", "cyd", "dan"})
    turns->wait_for([&, who](page_turns::turn mine) {
      read.emplace_back(who);
      held.push_back(std::move(mine));
    });
  CHECK(read == std::vector<std::string>{"ann", "bob"});

  WHEN("a page is on the wire") {
    std::exchange(held[0], nullptr).reset();
    CHECK(read == std::vector<std::string>{"ann", "bob", "cyd"});
  }
  WHEN("a turn has two holders, and one of them lets go") {
    const auto copy = held[0];
    held[0].reset();
    CHECK(read.size() == 2);
  }
  WHEN("the link is lost with all that was in it") {
    turns->forget();
    std::exchange(held, {}).clear();
    THEN("who waited is not read for, and who asks afterwards is") {
      CHECK(read.size() == 2);
      turns->wait_for([&](const page_turns::turn&) { read.emplace_back("eve"); });
      CHECK(read.back() == "eve");
    }
  }
  WHEN("the link has ended") {
    turns->close();
    std::exchange(held, {}).clear();
    turns->wait_for([&](const page_turns::turn&) { read.emplace_back("eve"); });
    CHECK(read == std::vector<std::string>{"ann", "bob"});
  }
}

SCENARIO("one past those that may wait is not taken") {
  const auto turns = std::make_shared<page_turns>(1);
  page_turns::turn first;
  turns->wait_for([&](page_turns::turn mine) { first = std::move(mine); });
  for (std::size_t i = 0; i < page_turns::waiting_max; ++i)
    REQUIRE(turns->wait_for([](const page_turns::turn&) {}));
  bool read = false;
  CHECK_FALSE(turns->wait_for([](const page_turns::turn&) {}));
  CHECK(turns->wait_for([&](const page_turns::turn&) { read = true; }, false)); // Who could not be told.
  CHECK_FALSE(read);
  first.reset();
  CHECK(read);
  CHECK(turns->wait_for([](const page_turns::turn&) {}));
}

SCENARIO("a reading that fails does not keep the others from theirs") {
  const auto turns = std::make_shared<page_turns>(1);
  bool read = false;
  CHECK_THROWS(turns->wait_for([](const page_turns::turn&) { throw std::runtime_error{"no memory"}; }));
  turns->wait_for([&](const page_turns::turn&) { read = true; });
  CHECK(read);
}

SCENARIO("readings that end at once do not call one another") {
  const auto turns = std::make_shared<page_turns>(1);
  constexpr int many = page_turns::waiting_max;
  int read = 0;
  page_turns::turn first;
  turns->wait_for([&](page_turns::turn mine) { first = std::move(mine); });
  for (int i = 0; i < many; ++i)
    turns->wait_for([&](const page_turns::turn&) { ++read; });
  CHECK(read == 0);
  first.reset();
  CHECK(read == many);
}
