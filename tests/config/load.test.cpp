// What holds when several layers speak, and that the manual tells the truth.
#include "config/load.hpp"
#include "config/checks.hpp"
#include "config/fields.hpp"
#include "config/render.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::config;
using Catch::Matchers::Contains;

namespace {

effective accepted(layers&& all) {
  auto result = std::move(all).finish();
  if (const auto* found = std::get_if<problems>(&result)) {
    for (const auto& p : *found)
      UNSCOPED_INFO(to_string(p));
  }
  REQUIRE(std::holds_alternative<effective>(result));
  return std::get<effective>(std::move(result));
}

/// Every value as text, so that two sets of options can be compared and a difference can be read.
std::vector<std::string> all_values(const options& values) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& path, const auto& value) {
    std::ostringstream text;
    using type = std::remove_cvref_t<decltype(value)>;
    text << path << '=';
    if constexpr (std::is_enum_v<type>)
      text << static_cast<int>(value);
    else if constexpr (std::is_same_v<type, std::vector<std::string>>)
      for (const auto& element : value)
        text << element << ',';
    else
      text << value;
    lines.push_back(text.str());
  };
  for_each_value(values, "", add);
  for (const auto& policy : values.rooms)
    for_each_value(policy, "rooms", add);
  for (const auto& key : values.auth.keys)
    for_each_value(key, "auth.keys", add);
  return lines;
}

std::string manual() {
  std::ostringstream text;
  text << std::ifstream{TROUPE_MANUAL}.rdbuf();
  return text.str();
}

} // namespace

TEST_CASE("the manual is accepted in silence and says the defaults") {
  const auto result = load(TROUPE_MANUAL);
  REQUIRE(std::holds_alternative<options>(result));
  CHECK(all_values(std::get<options>(result)) == all_values(options{}));
}

TEST_CASE("the manual shows every option of a key") {
  const auth_key key;
  for_each_value(key, "", [&](const std::string& name, const auto&) {
    CHECK_THAT(manual(), Contains(name + " = \"") || Contains(name + ", "));
  });
}

TEST_CASE("the configuration of the benchmark is accepted") {
  layers all;
  all.add_file(TROUPE_BENCH_CONFIG);
  CHECK(accepted(std::move(all)).values.node == "bench");
}

TEST_CASE("the manual names every option, and the bounds of every number beside it") {
  layers all;
  all.add_text("manual", manual());
  const auto shown = accepted(std::move(all));
  std::istringstream input{manual()};
  std::vector<std::string> lines;
  for (std::string line; std::getline(input, line);)
    lines.push_back(line);
  const auto check = [&](const std::string& path, const std::string& place_path, const auto& value) {
    CAPTURE(path);
    const auto found = shown.places.find(place_path);
    REQUIRE(found != shown.places.end());
    std::string comment;
    for (auto i = found->second.line - 1; i > 0 && lines[i - 1].starts_with('#'); --i)
      comment.insert(0, lines[i - 1]);
    CHECK(comment.size() > 10);
    using type = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_integral_v<type> && !std::is_same_v<type, bool>) {
      const auto range = bounds_of(path);
      REQUIRE(range.has_value());
      CHECK_THAT(comment, Contains(std::to_string(range->least) + '-' + std::to_string(range->most)));
    }
  };
  const options defaults;
  const room_policy policy;
  for_each_value(defaults, "", [&](const std::string& path, const auto& value) { check(path, path, value); });
  for_each_value(policy, "rooms", [&](const std::string& path, const auto& value) {
    check(path, "rooms[0]" + path.substr(path.find('.')), value);
  });
}

TEST_CASE("a number is accepted at both of its bounds and refused one past them") {
  const auto verdict = [](const std::string& path, std::int64_t value) {
    layers all;
    all.add_flag("--flag", path, std::to_string(value));
    auto result = std::move(all).finish();
    const auto* found = std::get_if<problems>(&result);
    return !found || found->front().message.find("but must be from") == std::string::npos;
  };
  const auto check = [&](const std::string& path, const auto& value) {
    using type = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_integral_v<type> && !std::is_same_v<type, bool>) {
      CAPTURE(path);
      const auto range = bounds_of(path);
      REQUIRE(range.has_value());
      CHECK(std::in_range<type>(range->least));
      CHECK(std::in_range<type>(range->most));
      CHECK(verdict(path, range->least));
      CHECK(verdict(path, range->most));
      CHECK_FALSE(verdict(path, range->least - 1));
      CHECK_FALSE(verdict(path, range->most + 1));
    }
  };
  const options defaults;
  const room_policy policy;
  for_each_value(defaults, "", check);
  for_each_value(policy, "rooms", check);
}

TEST_CASE("what is said later wins, and the place says who said it") {
  layers all;
  all.add_text("node.toml", "node = \"b\"\n[listen]\naddress = \"127.0.0.1:1\"\nio_threads = 3\n");
  all.add_environment({"PATH=/bin", "TROUPE_LISTEN_ADDRESS=[::1]:2", "TROUPE_LISTEN_TRUSTED=10.0.0.1,::1",
                       "TROUPE_SOMETHING_ELSE=1", "TROUPE_NODE=c"});
  all.add_flag("--listen", "listen.address", "127.0.0.1:3");
  const auto shown = accepted(std::move(all));
  CHECK(shown.values.node == "c");
  CHECK(shown.values.listen.address == "127.0.0.1:3");
  CHECK(shown.values.listen.io_threads == 3);
  CHECK(shown.values.listen.trusted == std::vector<std::string>{"10.0.0.1", "::1"});
  CHECK(shown.places.at("node").name == "TROUPE_NODE");
  CHECK(shown.places.at("listen.address").name == "--listen");
  CHECK(shown.places.at("listen.io_threads").line == 4);
  CHECK_FALSE(shown.places.contains("listen.origins"));
}

TEST_CASE("every option can be set by its environment variable") {
  std::vector<std::string> variables;
  const auto add = [&](const std::string& path, const auto& value) {
    std::ostringstream text;
    using type = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_same_v<type, protocol::durability>)
      text << "memory";
    else if constexpr (std::is_same_v<type, protocol::role>)
      text << "reader";
    else if constexpr (std::is_same_v<type, std::vector<std::string>>)
      text << "10.0.0.9";
    else
      text << std::boolalpha << value;
    if (path != "rooms.pattern")
      variables.push_back(variable_name(path) + '=' + text.str());
  };
  const options defaults;
  const room_policy policy;
  for_each_value(defaults, "", add);
  for_each_value(policy, "rooms", add);
  layers all;
  all.add_environment(variables);
  const auto shown = accepted(std::move(all));
  CHECK(shown.places.size() == variables.size());
  CHECK(shown.values.rooms.front().durability == protocol::durability::memory);
  CHECK(shown.values.listen.origins == std::vector<std::string>{"10.0.0.9"});
}

TEST_CASE("the policy for every name is there, and the environment and flags mean it") {
  layers all;
  all.add_text("node.toml", "[[rooms]]\npattern = \"lobby/:name\"\nring_count = 7\n");
  all.add_environment({"TROUPE_ROOMS_HISTORY_COUNT=500"});
  all.add_flag("--durability", "rooms.durability", "memory");
  const auto shown = accepted(std::move(all));
  REQUIRE(shown.values.rooms.size() == 2);
  CHECK(shown.values.rooms[0].durability == protocol::durability::disk);
  CHECK(shown.values.rooms[0].history_count == 10'000);
  CHECK(shown.values.rooms[1].pattern == "*room");
  CHECK(shown.values.rooms[1].durability == protocol::durability::memory);
  CHECK(shown.values.rooms[1].history_count == 500);
  CHECK(shown.values.rooms[1].ring_count == 512);
}

TEST_CASE("what is shown can be loaded again, and says where it comes from") {
  layers all;
  all.add_text("node.toml", "node = \"b\"\n[store]\ndirectory = \"/a \\\"b\\\"\\\\c\\n\"\n[listen]\n"
                            "origins = [\"a.example\", \"b.example:8080\"]\n[[rooms]]\npattern = \"dm:*rest\"\n"
                            "push = true\n[auth]\nmode = \"token\"\nissuer = \"https://login.example\"\naudience = "
                            "\"troupe\"\n[[auth.keys]]\nkid = \"k\"\nalgorithm = \"HS256\"\nsecret_file = \"s\"\n"
                            "[[auth.keys]]\nalgorithm = \"RS256\"\njwks_url = \"https://login.example/keys\"\n");
  all.add_environment({"TROUPE_LOG_LEVEL=debug"});
  all.add_flag("--durability", "rooms.durability", "memory");
  const auto shown = accepted(std::move(all));
  const auto text = render(shown);
  CAPTURE(text);
  layers again;
  again.add_text("shown", text);
  CHECK(all_values(accepted(std::move(again)).values) == all_values(shown.values));
  const auto line_of = [&](const std::string& start) {
    const auto at = text.find('\n' + start);
    REQUIRE(at != std::string::npos);
    return text.substr(at + 1, text.find('\n', at + 1) - at - 1);
  };
  CHECK(line_of("directory").ends_with("# node.toml:3"));
  CHECK(line_of("level").ends_with("# TROUPE_LOG_LEVEL"));
  CHECK(line_of("push").ends_with("# node.toml:8"));
  CHECK(line_of("jwks_url = \"https://login.example/keys\"").ends_with("# node.toml:19"));
  CHECK(line_of("durability = \"memory\"").ends_with("# --durability"));
  CHECK(line_of("ping_ms").ends_with("# default"));
}

TEST_CASE("an open node and a room in memory are warned about") {
  options values;
  CHECK(start_up_warnings(values).size() == 1);
  CHECK_THAT(start_up_warnings(values).front(), Contains("open") && !Contains("other machines"));
  values.listen.address = "0.0.0.0:8080";
  CHECK_THAT(start_up_warnings(values).front(), Contains("0.0.0.0:8080 can be reached from other machines"));
  values.rooms.front().durability = protocol::durability::memory;
  REQUIRE(start_up_warnings(values).size() == 2);
  CHECK_THAT(start_up_warnings(values).back(), Contains("memory only"));
}

TEST_CASE("an endpoint is a numeric address and a port") {
  REQUIRE(parse_endpoint("127.0.0.1:0").has_value());
  CHECK(parse_endpoint("127.0.0.1:0")->loopback);
  REQUIRE(parse_endpoint("[::]:8080").has_value());
  CHECK(parse_endpoint("[::]:8080")->address == "::");
  CHECK(parse_endpoint("[::]:8080")->port == 8080);
  CHECK_FALSE(parse_endpoint("[::]:8080")->loopback);
  CHECK_FALSE(parse_endpoint("[127.0.0.1]:80").has_value());
  CHECK_FALSE(parse_endpoint(":80").has_value());
  CHECK_FALSE(parse_endpoint("127.0.0.1:80x").has_value());
}
