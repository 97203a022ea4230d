// A table that is replaced under its readers: each sees a whole one, never an older one than before, and the last.
#include "config/route_snapshot.hpp"
#include "config/route_table.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace troupe::config;

namespace {

using table = route_table<int>;

/// Both routes carry the number of the table.
std::shared_ptr<const table> numbered(int n) {
  return std::make_shared<const table>(table::of({{"a/:x", n}, {"*r", n}}, route_form::room));
}

} // namespace

TEST_CASE("readers follow a table that is replaced") {
  for (int seed = 1; seed <= 100; ++seed) {
    constexpr int replacements = 50;
    route_snapshot<table> current{numbered(0)};
    std::atomic<bool> go = false;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> readers;
    for (int i = 0; i < 2; ++i)
      readers.emplace_back([&] {
        route_snapshot<table>::reader mine{current};
        while (!go)
          std::this_thread::yield();
        for (int last = 0; last < replacements;) {
          const auto& seen = mine.get();
          const int one = seen.find("a/b")->value();
          if (one < last || seen.find("z")->value() != one)
            ++wrong;
          last = one;
        }
      });
    go = true;
    for (int n = 1; n <= replacements; ++n) {
      current.replace(numbered(n));
      if ((n * seed) % 7 == 0)
        std::this_thread::yield();
    }
    for (auto& reader : readers)
      reader.join(); // Ends only because the last table is seen.
    REQUIRE(wrong == 0);
  }
}

TEST_CASE("a replaced table lives until its readers have read again") {
  auto first = numbered(1);
  const std::weak_ptr<const table> watched = first;
  route_snapshot<table> current{std::move(first)};
  route_snapshot<table>::reader reader{current};
  const auto& held = reader.get();
  current.replace(numbered(2));
  REQUIRE(!watched.expired());
  CHECK(held.find("x")->value() == 1);
  CHECK(reader.get().find("x")->value() == 2);
  CHECK(watched.expired());
}
