#include "apps/troupe/bench/websocket_frames.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troupe::bench;

namespace {

/// A frame as a server writes it: not masked.
std::string server_frame(opcode kind, std::string_view payload, bool final = true) {
  std::string out;
  out += static_cast<char>((final ? 0x80 : 0) | static_cast<int>(kind));
  if (payload.size() < 126) {
    out += static_cast<char>(payload.size());
  } else if (payload.size() < 65'536) {
    out += static_cast<char>(126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size());
  } else {
    out += static_cast<char>(127);
    for (int shift = 56; shift >= 0; shift -= 8)
      out += static_cast<char>(payload.size() >> shift);
  }
  out += payload;
  return out;
}

std::string unmask(std::string_view frame, std::size_t header) {
  std::string out{frame.substr(header + 4)};
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<char>(out[i] ^ frame[header + i % 4]);
  return out;
}

} // namespace

TEST_CASE("a frame is whole only with its last byte") {
  const auto size = GENERATE(0u, 1u, 125u, 126u, 127u, 4'096u, 65'535u, 65'536u, 200'000u);
  const auto bytes = server_frame(opcode::text, std::string(size, 'x'));
  frame f;
  for (std::size_t cut = 0; cut < bytes.size(); cut += cut < 16 || cut + 16 > bytes.size() ? 1 : 997)
    REQUIRE(scan_frame(std::string_view{bytes}.substr(0, cut), f) == scan_result::partial);
  REQUIRE(scan_frame(std::string_view{bytes}.substr(0, bytes.size() - 1), f) == scan_result::partial);
  const auto followed = bytes + "more";
  REQUIRE(scan_frame(followed, f) == scan_result::whole);
  CHECK(f.bytes == bytes.size());
  CHECK(f.payload.size() == size);
  CHECK(f.payload.find_first_not_of('x') == std::string_view::npos);
  CHECK(f.kind == opcode::text);
  CHECK(f.final);
}

TEST_CASE("a fragment says that it is not the last") {
  frame f;
  REQUIRE(scan_frame(server_frame(opcode::text, "half", false), f) == scan_result::whole);
  CHECK_FALSE(f.final);
  REQUIRE(scan_frame(server_frame(opcode::continuation, "rest"), f) == scan_result::whole);
  CHECK(f.kind == opcode::continuation);
  CHECK(f.final);
}

TEST_CASE("masked, reserved and endless frames are broken") {
  frame f;
  auto masked = server_frame(opcode::text, "hello");
  masked[1] = static_cast<char>(masked[1] | 0x80);
  CHECK(scan_frame(masked, f) == scan_result::broken);
  auto reserved = server_frame(opcode::text, "hello");
  reserved[0] = static_cast<char>(reserved[0] | 0x40);
  CHECK(scan_frame(reserved, f) == scan_result::broken);
  const std::string endless{"\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 10};
  CHECK(scan_frame(endless, f) == scan_result::broken);
}

TEST_CASE("what is written masked reads the same without the mask") {
  const auto [size, header] = GENERATE(table<std::size_t, std::size_t>(
    {{0, 2}, {1, 2}, {7, 2}, {8, 2}, {13, 2}, {125, 2}, {126, 4}, {65'535, 4}, {65'536, 10}}));
  std::string payload;
  for (std::size_t i = 0; i < size; ++i)
    payload += static_cast<char>('a' + i % 26);
  std::string out = "before";
  write_frame(out, opcode::text, payload, 0x8badf00du);
  const auto frame = std::string_view{out}.substr(6);
  CHECK(static_cast<unsigned char>(frame[0]) == 0x81);
  CHECK((static_cast<unsigned char>(frame[1]) & 0x80) == 0x80);
  CHECK(unmask(frame, header) == payload);
}
