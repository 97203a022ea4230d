// The bytes of each item as today's nodes write them. A change here is a change of the wire
// format: see actors/cluster/envelope.hpp for what has to be raised. To write them anew:
//
//   troupe_cluster_tests "[write fixtures]"
#include "tests/actors/cluster/samples.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <set>

using namespace troupe::actors;
using namespace troupe::actors::testing;

namespace {

const std::filesystem::path folder = TROUPE_ENVELOPE_FIXTURES;

std::string hex_of(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text += digits[byte >> 4];
    text += digits[byte & 15];
    text += i % 32 == 31 || i + 1 == bytes.size() ? '\n' : ' ';
  }
  return text;
}

std::string bytes_in(const std::string& name) {
  std::ifstream file(folder / (name + ".hex"));
  std::string bytes;
  for (std::string byte; file >> byte;)
    bytes.push_back(static_cast<char>(std::stoi(byte, nullptr, 16)));
  return bytes;
}

const envelope_header head_of_fixture{0x0102030405060708, 0x1112131415161718, 0x2122232425262728, 42, 41, 4 << 20};

/// Each is a whole envelope: the header alone, and the header with one item.
std::vector<std::pair<std::string, std::string>> fixtures() {
  std::vector<std::pair<std::string, std::string>> all{{"header", encode_head(head_of_fixture)}};
  for (const auto& [name, what] : fixed_items())
    all.emplace_back(name, envelope_of({what}, head_of_fixture));
  return all;
}

} // namespace

SCENARIO("every kind of item is on the wire what it always was") {
  std::set<std::string> expected;
  for (const auto& [name, bytes] : fixtures()) {
    CAPTURE(name);
    CHECK(hex_of(bytes_in(name)) == hex_of(bytes));
    expected.insert(name + ".hex");
  }
  std::set<std::string> kept;
  for (const auto& file : std::filesystem::directory_iterator(folder))
    kept.insert(file.path().filename().string());
  CHECK(kept == expected);
}

SCENARIO("every kind of item is read from the bytes that were kept") {
  for (const auto& [name, what] : fixed_items()) {
    CAPTURE(name);
    const auto bytes = bytes_in(name);
    const auto head = read_head(bytes);
    REQUIRE(std::holds_alternative<sealed_envelope>(head));
    CHECK(std::get<sealed_envelope>(head).header == head_of_fixture);
    const auto items = items_of(bytes);
    REQUIRE(items.size() == 1);
    CHECK(same(items.front(), what));
  }
}

TEST_CASE("the fixtures are written anew", "[.][write fixtures]") {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  for (const auto& [name, bytes] : fixtures())
    std::ofstream(folder / (name + ".hex")) << hex_of(bytes);
}
