// docs/limits.md names every bound, and every default truly.
#include "config/fields.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <regex>
#include <sstream>
#include <string>

using namespace troupe::config;
using Catch::Matchers::Contains;

namespace {

std::string text_of(const char* file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

} // namespace

TEST_CASE("the page of limits names every bound of the protocol") {
  const auto page = text_of(TROUPE_LIMITS_PAGE);
  const auto header = text_of(TROUPE_LIMITS_HEADER);
  const std::regex constant{"inline constexpr [a-z:_0-9]+ ([a-z_0-9]+) ="};
  std::size_t count = 0;
  for (auto i = std::sregex_iterator{header.begin(), header.end(), constant}; i != std::sregex_iterator{}; ++i) {
    CHECK_THAT(page, Contains("| `" + (*i)[1].str() + "` | "));
    ++count;
  }
  CHECK(count >= 20);
}

TEST_CASE("the page of limits names every number of the options with its default") {
  const auto page = text_of(TROUPE_LIMITS_PAGE);
  const auto check = [&](const std::string& path, const auto& value) {
    using type = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_integral_v<type> && !std::is_same_v<type, bool>)
      CHECK_THAT(page, Contains("| `" + path + "` | " + std::to_string(value) + ' '));
  };
  const options defaults;
  const room_policy policy;
  for_each_value(defaults, "", check);
  for_each_value(policy, "rooms", check);
}
