#include "apps/troupe/bench/histogram.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using troupe::bench::histogram;

TEST_CASE("a percentile is never too low and at most 1.6 % too high") {
  std::mt19937_64 random{7};
  std::vector<std::int64_t> values;
  histogram h;
  for (int i = 0; i < 20'000; ++i) {
    // Spread over the powers of two, from nanoseconds to hours.
    const auto value = static_cast<std::int64_t>(random() >> (20 + random() % 43));
    values.push_back(value);
    h.add(value);
  }
  std::sort(values.begin(), values.end());
  for (const double percent : {0.1, 1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    CAPTURE(percent);
    const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(values.size())));
    const auto exact = values[rank - 1];
    CHECK(h.percentile(percent) >= exact);
    CHECK(static_cast<double>(h.percentile(percent)) <= static_cast<double>(exact) * (1 + 1.0 / 64) + 1);
  }
  CHECK(h.min() == values.front());
  CHECK(h.max() == values.back());
  CHECK(h.count() == values.size());
}

TEST_CASE("small values are exact, negative ones count as zero, the largest has its bucket") {
  histogram h;
  for (int i = 0; i < 64; ++i)
    h.add(i);
  CHECK(h.percentile(50) == 31);
  CHECK(h.percentile(100) == 63);
  h.add(-5);
  CHECK(h.min() == 0);
  h.add(INT64_MAX);
  CHECK(h.percentile(100) == INT64_MAX);
}

TEST_CASE("merged histograms answer like one that saw everything") {
  histogram one;
  histogram other;
  histogram both;
  for (std::int64_t i = 1; i < 3'000; ++i) {
    (i % 3 == 0 ? one : other).add(i * i);
    both.add(i * i);
  }
  one.merge(other);
  for (const double percent : {1.0, 50.0, 99.0})
    CHECK(one.percentile(percent) == both.percentile(percent));
  CHECK(one.count() == both.count());
  CHECK(one.min() == both.min());
  CHECK(one.max() == both.max());
}

TEST_CASE("an empty histogram says zero") {
  const histogram h;
  CHECK(h.percentile(50) == 0);
  CHECK(h.min() == 0);
  CHECK(h.max() == 0);
}
