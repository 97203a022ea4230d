#include "actors/frame.hpp"
#include "actors/frame_pool.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe::actors;

SCENARIO("a frame is an unmasked text frame of RFC 6455 with the shortest length") {
  const auto header = [](std::size_t payload) {
    const auto f = frame::make(std::string(payload, 'x'));
    return std::string{f->bytes().substr(0, f->size() - payload)};
  };
  CHECK(header(0) == std::string("\x81\x00", 2));
  CHECK(header(125) == std::string("\x81\x7d", 2));
  CHECK(header(126) == std::string("\x81\x7e\x00\x7e", 4));
  CHECK(header(65'535) == std::string("\x81\x7e\xff\xff", 4));
  CHECK(header(65'536) == std::string("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
  for (const std::size_t size : {0, 125, 126, 65'535, 65'536})
    CHECK(frame::make(std::string(size, 'x'))->payload() == std::string(size, 'x'));
}

SCENARIO("a pool keeps memory for the next frame, up to its bound") {
  frame_pool pool;
  auto* first = pool.take(100);
  pool.give(first, 100);
  CHECK(pool.kept_bytes() == 128);
  CHECK(pool.take(128) == first);
  CHECK(pool.kept_bytes() == 0);
  pool.give(first, 100);

  SECTION("a frame above the largest class is not kept") {
    const auto before = pool.kept_bytes();
    pool.give(pool.take(5'000), 5'000);
    CHECK(pool.kept_bytes() == before);
  }
  SECTION("one past the bound goes back to the system") {
    constexpr auto full = frame_pool::bytes_max / 4'096;
    std::vector<void*> taken;
    for (std::size_t i = 0; i < full + 1; ++i)
      taken.push_back(pool.take(4'096));
    for (auto* memory : taken)
      pool.give(memory, 4'096);
    CHECK(pool.kept_bytes() <= frame_pool::bytes_max);
    CHECK(pool.kept_bytes() > frame_pool::bytes_max - 4'096);
  }
}
