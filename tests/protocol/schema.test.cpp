#include "protocol/schema.hpp"

#include "protocol/described.hpp"
#include "tests/protocol/frames.hpp"

#include <boost/json/parse.hpp>

#include <fstream>
#include <set>
#include <sstream>
#include <type_traits>

using namespace troupe::protocol;
namespace bj = boost::json;

namespace {

bj::object parsed_schema() { return bj::parse(json_schema()).as_object(); }

} // namespace

TEST_CASE("the schema that is checked in is the one of the code") {
  std::ostringstream kept;
  kept << std::ifstream{TROUPE_SCHEMA_FILE}.rdbuf();
  INFO("protocol/schema/troupe.v1.schema.json is stale. Renew it with: "
       "build/release/bin/troupe_schema > protocol/schema/troupe.v1.schema.json");
  const bool fresh = kept.str() == json_schema();
  CHECK(fresh);
}

TEST_CASE("the schema names every message of both directions") {
  const auto schema = parsed_schema();
  const auto& definitions = schema.at("$defs").as_object();
  CHECK(definitions.at("client_frame").at("oneOf").as_array().size() == std::variant_size_v<request>);
  CHECK(definitions.at("server_frame").at("oneOf").as_array().size() == std::variant_size_v<push>);
  for (const char* frames : {"client_frame", "server_frame"})
    for (const auto& choice : definitions.at(frames).at("oneOf").as_array()) {
      const std::string_view prefix = "#/$defs/";
      const std::string name{choice.at("$ref").as_string()};
      REQUIRE(name.starts_with(prefix));
      const auto& definition = definitions.at(name.substr(prefix.size()));
      CHECK(definition.at("properties").at("type").at("const").is_string());
    }
}

TEST_CASE("the schema says what is required, and every reference leads somewhere") {
  const auto schema = parsed_schema();
  const auto& definitions = schema.at("$defs").as_object();
  const auto required = [&](std::string_view message) {
    std::set<std::string> names;
    for (const auto& name : definitions.at(message).at("required").as_array())
      names.emplace(name.as_string());
    return names;
  };
  CHECK(required("client.send") == std::set<std::string>{"type", "id", "room", "cid", "body"});
  CHECK(required("client.hello") == std::set<std::string>{"type", "id"});
  CHECK(required("client.typing") == std::set<std::string>{"type", "room"});
  CHECK(required("server.page").contains("messages"));
  CHECK_FALSE(required("server.joined").contains("re"));

  const std::string text = json_schema();
  const std::string_view mark = "\"#/$defs/";
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const auto begin = at + mark.size();
    const auto name = text.substr(begin, text.find('"', begin) - begin);
    CAPTURE(name);
    CHECK(definitions.contains(name));
  }
}

TEST_CASE("the codec and the schema agree on the fields of each request") {
  const auto schema = parsed_schema();
  const auto& definitions = schema.at("$defs").as_object();
  for (const auto& frame : testing::full_requests()) {
    const auto object = bj::parse(frame).as_object();
    const auto& properties =
      definitions.at("client." + std::string{object.at("type").as_string()}).at("properties").as_object();
    for (const auto& [name, value] : object)
      CHECK(properties.contains(name));
  }
}

namespace {

std::string document() {
  std::ostringstream text;
  text << std::ifstream{TROUPE_PROTOCOL_DOCUMENT}.rdbuf();
  return text.str();
}

template <class... Message>
void each_is_named(const std::string& text, const std::variant<Message...>*) {
  const auto is_named = [&]<class M>(std::type_identity<M>) {
    CAPTURE(M::wire_name);
    CHECK(text.find(std::string{M::wire_name} + "{") != std::string::npos);
    boost::mp11::mp_for_each<fields_of<M>>([&](auto field) {
      CAPTURE(field.name);
      CHECK(text.find(field.name) != std::string::npos);
    });
  };
  (is_named(std::type_identity<Message>{}), ...);
}

} // namespace

TEST_CASE("docs/protocol.md names every frame, field, error code and retry") {
  const auto text = document();
  each_is_named(text, static_cast<const request*>(nullptr));
  each_is_named(text, static_cast<const push*>(nullptr));
  const auto each_has_a_row = [&]<class E>(std::type_identity<E>) {
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto e) {
      CAPTURE(e.name);
      CHECK(text.find("| `" + std::string{e.name} + "` |") != std::string::npos);
    });
  };
  each_has_a_row(std::type_identity<code>{});
  each_has_a_row(std::type_identity<retry>{});
}

TEST_CASE("the requests shown in docs/protocol.md are taken as they stand") {
  std::istringstream lines{document()};
  std::size_t shown = 0;
  const std::string_view arrow = "→ ";
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(std::string{arrow} + "{")) {
      ++shown;
      (void)testing::understood(std::string_view{line}.substr(arrow.size()));
    }
  CHECK(shown >= 3);
}

TEST_CASE("enums go over the wire by name") {
  for (const auto* name : {"bad_request", "internal", "store_unavailable"})
    CHECK(name_of(*enum_from<code>(name)) == name);
  CHECK_FALSE(enum_from<code>("Bad_request"));
  CHECK(name_of(static_cast<code>(200)) == "?");
}
