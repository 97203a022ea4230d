#include "apps/troupe/bench/ledger.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>
#include <vector>

using troupe::bench::ledger;
using verdict = ledger::verdict;

TEST_CASE("what comes once and in order is clean") {
  ledger book{3};
  for (std::uint32_t n = 1; n <= 1'000; ++n)
    for (std::size_t stream = 0; stream < 3; ++stream)
      CHECK(book.observe(stream, n) == verdict::next);
  for (std::size_t stream = 0; stream < 3; ++stream)
    book.settle(stream, 1'000);
  CHECK(book.sums().clean());
  CHECK(book.sums().arrived == 3'000);
}

TEST_CASE("a hole is lost, wherever it is") {
  ledger book{2};
  for (const std::uint32_t n : {2u, 3u, 7u})
    CHECK(book.observe(0, n) == verdict::next);
  book.settle(0, 9); // 1, 4, 5, 6, 8 and 9 never came.
  book.settle(1, 2);
  CHECK(book.sums().lost == 8);
  CHECK(book.sums().arrived == 3);
  CHECK(book.sums().disordered == 0);
}

TEST_CASE("the second time is a duplicate") {
  ledger book{1};
  book.observe(0, 1);
  book.observe(0, 2);
  CHECK(book.observe(0, 1) == verdict::duplicate);
  CHECK(book.observe(0, 2) == verdict::duplicate);
  book.settle(0, 2);
  CHECK(book.sums().duplicates == 2);
  CHECK(book.sums().lost == 0);
}

TEST_CASE("what comes after a higher number is out of order, and not lost") {
  ledger book{1};
  book.observe(0, 1);
  CHECK(book.observe(0, 5) == verdict::next);
  CHECK(book.observe(0, 3) == verdict::late);
  CHECK(book.observe(0, 3) == verdict::duplicate);
  CHECK(book.observe(0, 2) == verdict::late);
  CHECK(book.observe(0, 4) == verdict::late);
  CHECK(book.observe(0, 4) == verdict::duplicate);
  CHECK(book.observe(0, 6) == verdict::next);
  book.settle(0, 6);
  CHECK(book.sums().disordered == 3);
  CHECK(book.sums().duplicates == 2);
  CHECK(book.sums().lost == 0);
}

TEST_CASE("what nobody sent is told") {
  ledger book{1};
  for (std::uint32_t n = 1; n <= 5; ++n)
    book.observe(0, n);
  book.settle(0, 3);
  CHECK(book.sums().invented == 2);
  CHECK_FALSE(book.sums().clean());
}

SCENARIO("random loss, doubling and shuffling are counted like by a plain set") {
  const auto seed = GENERATE(range(1u, 51u));
  CAPTURE(seed);
  std::mt19937 random{seed};
  constexpr std::uint32_t sent = 300;
  std::vector<std::uint32_t> wire;
  for (std::uint32_t n = 1; n <= sent; ++n)
    for (auto copies = random() % 4; copies != 0; --copies)
      wire.push_back(n);
  for (std::size_t i = 0; i + 1 < wire.size(); ++i)
    std::swap(wire[i], wire[i + random() % std::min<std::size_t>(5, wire.size() - i)]);

  ledger book{2};
  std::set<std::uint32_t> seen;
  std::uint64_t duplicates = 0;
  std::uint64_t late = 0;
  for (const auto n : wire) {
    if (!seen.empty() && seen.count(n) == 0 && n < *seen.rbegin())
      ++late;
    if (!seen.insert(n).second)
      ++duplicates;
    book.observe(1, n);
  }
  book.settle(1, sent);
  CHECK(book.sums().arrived == seen.size());
  CHECK(book.sums().lost == sent - seen.size());
  CHECK(book.sums().duplicates == duplicates);
  CHECK(book.sums().disordered == late);
}
