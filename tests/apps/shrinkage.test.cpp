// A node that empties gives its memory back; one that does not is left alone.
#include "apps/troupe/shrinkage.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

SCENARIO("a quarter less than the most is noticed, once") {
  shrinkage held;
  CHECK_FALSE(held.notices(1'000));
  CHECK_FALSE(held.notices(751));
  CHECK(held.notices(750));
  CHECK_FALSE(held.notices(750));
  CHECK_FALSE(held.notices(563));
  CHECK(held.notices(561));

  THEN("who grows again is measured by the new most") {
    CHECK_FALSE(held.notices(2'000));
    CHECK_FALSE(held.notices(1'501));
    CHECK(held.notices(1'500));
  }
}

SCENARIO("what few connections need is not worth the walk") {
  shrinkage held;
  CHECK_FALSE(held.notices(shrinkage::noticed_from - 1));
  CHECK_FALSE(held.notices(0));
  CHECK_FALSE(held.notices(shrinkage::noticed_from));
  CHECK(held.notices(0));
  CHECK_FALSE(held.notices(0));
}

SCENARIO("what the clock had kept is given back a minute later") {
  shrinkage held;
  CHECK_FALSE(held.notices(100));
  CHECK(held.notices(0));
  for (std::uint32_t second = 1; second < shrinkage::again_after; ++second)
    CHECK_FALSE(held.notices(0));
  CHECK(held.notices(0));
  for (std::uint32_t second = 0; second <= shrinkage::again_after; ++second)
    CHECK_FALSE(held.notices(0));
}

SCENARIO("a node that empties is disturbed a few times only") {
  shrinkage held;
  int disturbed = 0;
  for (std::uint64_t connections = 1'000'000; connections > 0; --connections)
    disturbed += held.notices(connections);
  CHECK(disturbed > 1);
  CHECK(disturbed < 80);
}
