// The chain against values that Python computed:
//
//   import hashlib, struct
//   s = lambda t: struct.pack('>I', len(t.encode())) + t.encode()
//   i = lambda n: struct.pack('>Q', n)
//   h = lambda b: hashlib.sha256(b).digest()
//   start = h(s('lounge') + s('e1'))
//   d1 = h(bytes(range(16)) + 'héllo'.encode())
//   first = h(start + i(1) + i(1717171717171) + s('ann') + s('01HZXW3K5V8Q2R7T9B4C6D8E0F') + s('text') + i(0) + i(0) + d1)
//   d2 = h(bytes(16))
//   second = h(first + i(2) + i(1717171717172) + s('u' * 64) + s('01HZXW3K5V8Q2R7T9B4C6D8E0G') + s('x-' + 'k' * 300)
//              + i(1) + i(2**53 - 1) + d2)
#include "protocol/chain.hpp"

#include <catch2/catch.hpp>

#include <numeric>
#include <string>
#include <thread>
#include <vector>

using namespace troupe::protocol;

SCENARIO("the chain is what any client can recompute") {
  salt_bytes salt{};
  std::iota(salt.begin(), salt.end(), std::uint8_t{0});
  const auto start = chain_start("lounge", "e1");
  CHECK(to_hex(start) == "98dad7e67901c6f90765426f295cc86af68eb8d3165ad4d80ccc92f8769ddc58");

  const auto first_digest = body_digest(salt, "héllo");
  CHECK(to_hex(first_digest) == "988a8063209b379762a2818ebfba1db94fa56ffe3f56974f407edb12e6dd2325");

  const auto first = chain_next(start, {.seq = 1,
                                        .time = 1717171717171,
                                        .user = "ann",
                                        .cid = "01HZXW3K5V8Q2R7T9B4C6D8E0F",
                                        .kind = "text",
                                        .digest = first_digest});
  CHECK(to_hex(first) == "842e993f7dbd00a50f035a59a4ca88838f93d324d0dd61929148fa680b80925b");

  const auto long_user = std::string(64, 'u');
  const auto long_kind = "x-" + std::string(300, 'k'); // more than the hash gathers at once
  const auto second_digest = body_digest(salt_bytes{}, "");
  const auto second = chain_next(first, {.seq = 2,
                                         .time = 1717171717172,
                                         .user = long_user,
                                         .cid = "01HZXW3K5V8Q2R7T9B4C6D8E0G",
                                         .kind = long_kind,
                                         .reply_to = 1,
                                         .target = (std::uint64_t{1} << 53) - 1,
                                         .digest = second_digest});
  CHECK(to_hex(second) == "2ab3b5102a5e02bf0098da6dae398cfda32275b209691589ed436fba4fc8a894");
}

TEST_CASE("lengths keep neighbouring strings apart") {
  CHECK(chain_start("ab", "c") != chain_start("a", "bc"));
  CHECK(chain_start("", "abc") != chain_start("abc", ""));
}

TEST_CASE("a body of any length has the digest of its bytes") {
  // Known: SHA-256 of a million 'a', of which the first sixteen stand in for the salt.
  salt_bytes salt{};
  salt.fill('a');
  CHECK(to_hex(body_digest(salt, std::string(1'000'000 - salt.size(), 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("threads hash independently") {
  const auto expected = chain_start("lounge", "e1");
  std::vector<int> wrong(4, 0);
  {
    std::vector<std::jthread> threads;
    for (auto& count : wrong)
      threads.emplace_back([&] {
        for (int i = 0; i < 2'000; ++i)
          count += chain_start("lounge", "e1") != expected;
      });
  }
  CHECK(wrong == std::vector<int>(4, 0));
}

TEST_CASE("hexadecimal goes there and back, in lower case only") {
  salt_bytes salt{};
  std::iota(salt.begin(), salt.end(), std::uint8_t{0xf5});
  CHECK(to_hex(salt) == "f5f6f7f8f9fafbfcfdfeff0001020304");
  CHECK(salt_from_hex(to_hex(salt)) == salt);
  const auto digest = chain_start("a", "b");
  CHECK(digest_from_hex(to_hex(digest)) == digest);
  CHECK_FALSE(salt_from_hex("F5f6f7f8f9fafbfcfdfeff0001020304"));
  CHECK_FALSE(salt_from_hex("g5f6f7f8f9fafbfcfdfeff0001020304"));
  CHECK_FALSE(salt_from_hex("f5f6f7f8f9fafbfcfdfeff000102030"));
  CHECK_FALSE(salt_from_hex("f5f6f7f8f9fafbfcfdfeff00010203040"));
  CHECK_FALSE(salt_from_hex(""));
  CHECK_FALSE(digest_from_hex(to_hex(salt)));
}
