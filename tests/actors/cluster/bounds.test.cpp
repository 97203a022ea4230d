// Bytes that no node of ours sent.
#include "actors/recording/archive.hpp"
#include "tests/actors/cluster/allocated.hpp"
#include "tests/actors/cluster/samples.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace troupe;
using namespace troupe::actors;
using namespace troupe::actors::testing;

namespace {

/// A bound on what one envelope makes this node allocate: an empty item of seven bytes is the
/// dearest, because it becomes an `item` in a list that grows by doubling.
constexpr std::size_t bytes_a_byte_max = 4 * sizeof(item) / 7;

std::variant<std::vector<item>, envelope_failure> opened_within_bounds(const std::string& bytes) {
  troupe::testing::forget_allocations();
  auto result = opened(bytes);
  const auto used = troupe::testing::allocated_bytes();
  REQUIRE(used <= bytes_a_byte_max * bytes.size() + 4'096);
  return result;
}

std::string failure_of(const std::string& bytes) {
  const auto result = opened_within_bounds(bytes);
  const auto* failure = std::get_if<envelope_failure>(&result);
  return failure ? failure->why : "";
}

void put(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    bytes[at + i] = static_cast<char>(value >> (8 * i));
}

constexpr auto kind_at = envelope_head_bytes;
constexpr auto length_at = envelope_head_bytes + 2;
constexpr auto archive_at = envelope_head_bytes + 6;

/// An archive as cereal writes it.
template <class... T>
std::string archive_of(const T&... what) {
  std::ostringstream out;
  {
    cereal::PortableBinaryOutputArchive archive(out, cereal::PortableBinaryOutputArchive::Options::LittleEndian());
    archive(what...);
  }
  return out.str();
}

template <class T>
std::string refusal_of(const std::string& archive) {
  try {
    bounded_archive::decode<T>(archive);
  } catch (const undecodable& e) {
    return e.what();
  }
  return "";
}

} // namespace

SCENARIO("an envelope that ends too early, wherever it does, holds nothing") {
  for (const auto& [name, what] : random_items(77)) {
    CAPTURE(name);
    const auto whole = envelope_of({what, look{}});
    const auto first = whole.size() - encode_item(look{})->bytes.size();
    for (std::size_t length = 0; length < whole.size(); ++length) {
      CAPTURE(length);
      if (length == envelope_head_bytes || length == first)
        continue; // Between two items: a whole envelope that is shorter.
      REQUIRE_FALSE(failure_of(whole.substr(0, length)).empty());
    }
    CHECK(failure_of(whole).empty());
    CHECK_FALSE(failure_of(whole + '\0').empty());
  }
}

SCENARIO("a damaged envelope is refused, or is what somebody could have written") {
  std::size_t taken = 0;
  std::size_t refused = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    random_contents random(seed);
    for (const auto& [name, what] : random_items(seed * 100)) {
      auto bytes = envelope_of({what});
      for (auto n = 1 + random.below(3); n != 0; --n)
        switch (const auto at = random.below(bytes.size()); random.below(5)) {
        case 0: bytes[at] = static_cast<char>(random.number()); break;
        case 1: bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8))); break;
        case 2: bytes.erase(at, 1 + random.below(8)); break;
        case 3: bytes.insert(at, random.text().substr(0, 16)); break;
        default: put(bytes, at, random.number(), std::min<std::size_t>(8, bytes.size() - at));
        }
      CAPTURE(seed, name);
      const auto result = opened_within_bounds(bytes);
      if (const auto* items = std::get_if<std::vector<item>>(&result)) {
        ++taken;
        // A newer minor version may bring kinds that were skipped; everything else has one form only.
        if (static_cast<std::uint8_t>(bytes[envelope_magic.size() + 1]) <= envelope_minor)
          REQUIRE(envelope_of(*items).substr(envelope_head_bytes) == bytes.substr(envelope_head_bytes));
      } else {
        ++refused;
        REQUIRE_FALSE(std::get<envelope_failure>(result).why.empty());
      }
    }
  }
  // Both ends of the property have to be exercised.
  CHECK(taken > 1'000);
  CHECK(refused > 1'000);
}

SCENARIO("noise does no harm") {
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    random_contents random(seed);
    auto bytes = encode_head({1, 2, 3, 1, 0, 0});
    for (auto n = random.below(4); n != 0; --n) {
      auto rest = random.text();
      bytes += std::string(6, '\0') + rest;
      put(bytes, bytes.size() - rest.size() - 6, 1 + random.below(5), 2);
      put(bytes, bytes.size() - rest.size() - 4, rest.size(), 4);
    }
    CAPTURE(seed);
    opened_within_bounds(bytes);
    opened_within_bounds(random.text());
  }
}

SCENARIO("a length is believed only as far as the bytes go") {
  auto room_name = envelope_of({for_relay{"lounge", 1, from_room::ended{}}});
  for (const std::uint64_t length : {std::uint64_t{20}, std::uint64_t{1} << 31, ~std::uint64_t{0}}) {
    put(room_name, archive_at + 1, length, 8);
    CHECK(failure_of(room_name) == "a length of " + std::to_string(length) + " reaches beyond the end");
  }
  GIVEN("a list whose elements need eight bytes each, and sixteen bytes for them") {
    using texts = std::vector<std::string>;
    const auto archive = [](std::uint64_t count) { return archive_of(count, std::uint64_t{0}, std::uint64_t{0}); };
    CHECK(refusal_of<texts>(archive(2)).empty());
    CHECK(refusal_of<texts>(archive(3)) == "a length of 3 reaches beyond the end");
    CHECK(refusal_of<texts>(archive(1)) == "8 bytes are left over");
  }
}

SCENARIO("one past each form is refused") {
  using choice = std::variant<std::string, bool>;
  CHECK(refusal_of<choice>(archive_of(std::int32_t{1}, true)).empty());
  CHECK(refusal_of<choice>(archive_of(std::int32_t{2}, true)) == "there is no alternative 2");
  CHECK_FALSE(refusal_of<choice>(archive_of(std::int32_t{-1}, true)).empty());
  CHECK(refusal_of<bool>(archive_of(std::uint8_t{2})) == "a truth value is 0 or 1");
  CHECK(refusal_of<std::optional<bool>>(archive_of(std::uint8_t{2})) == "a truth value is 0 or 1");
  CHECK(refusal_of<protocol::durability>(archive_of(std::uint8_t{3})).empty());
  CHECK(refusal_of<protocol::durability>(archive_of(std::uint8_t{4})) == "there is no such enumerator");
  CHECK(refusal_of<protocol::durability>(archive_of(std::uint8_t{0})) == "there is no such enumerator");
  CHECK(refusal_of<std::uint32_t>(std::string(5, '\0')) == "an archive is little-endian and says so first");
  CHECK(refusal_of<std::uint32_t>("") == "the bytes end too early");
}

SCENARIO("a room hears nothing from another node that only its log may say") {
  auto forged = envelope_of({for_room{"r", 1, to_room::detach{}}});
  // room "r" (9) and term (8) come before the index of the command.
  const auto index_at = archive_at + 1 + 9 + 8;
  put(forged, index_at, 14, 4); // wake, which has no fields
  forged.resize(index_at + 4);
  put(forged, length_at, forged.size() - archive_at, 4);
  CHECK(failure_of(forged) == "a room was told what only its log may say");
}

SCENARIO("versions") {
  auto bytes = envelope_of({look{}, for_relay{"lounge", 7, from_room::ended{}}});
  const auto major_at = envelope_magic.size();
  const auto minor_at = major_at + 1;

  GIVEN("an item of a kind that is not known") {
    put(bytes, kind_at, std::variant_size_v<item> + 1, 2);
    CHECK(failure_of(bytes) == "there are no items of kind 5");
    WHEN("the sender is of a newer minor version") {
      put(bytes, minor_at, envelope_minor + 1, 1);
      THEN("it is skipped, and the others are read") {
        const auto items = items_of(bytes);
        REQUIRE(items.size() == 1);
        CHECK(std::get<for_relay>(items.front()).term == 7);
      }
    }
  }
  GIVEN("an item of kind 0") {
    put(bytes, kind_at, 0, 2);
    put(bytes, minor_at, envelope_minor + 1, 1);
    CHECK(failure_of(bytes) == "there are no items of kind 0");
  }
  GIVEN("another major version") {
    put(bytes, major_at, envelope_major + 1, 1);
    const auto result = opened(bytes);
    REQUIRE(std::holds_alternative<envelope_failure>(result));
    CHECK(std::get<envelope_failure>(result).version);
  }
  GIVEN("another magic") {
    bytes[0] = 'X';
    CHECK(failure_of(bytes) == "these bytes are no envelope");
  }
}

SCENARIO("several items are a batch at most, one alone is an item at most") {
  const auto of_size = [](std::size_t bytes) {
    const auto empty = encode_item(for_relay{"", 1, from_room::ended{}})->bytes.size();
    return for_relay{std::string(bytes - empty, 'x'), 1, from_room::ended{}};
  };
  const auto look_bytes = encode_item(look{})->bytes.size();
  CHECK(failure_of(envelope_of({of_size(batch_bytes_max - look_bytes), look{}})).empty());
  CHECK(failure_of(envelope_of({of_size(batch_bytes_max - look_bytes + 1), look{}})) ==
        "several items are larger than a batch");
  CHECK(failure_of(envelope_of({of_size(item_bytes_max)})).empty());
  CHECK(failure_of(envelope_of({of_size(item_bytes_max + 1)})) == "an item is too large");
}
