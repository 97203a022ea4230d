// The frame inputs that must not hurt, over real sockets.
#include "tests/transport/echo_server.hpp"
#include "tests/transport/raw_client.hpp"

#include "transport/websocket.hpp"

#include <catch2/catch.hpp>

#include <malloc.h>

#include <fstream>
#include <functional>
#include <string>
#include <vector>

using namespace troupe::tests;

namespace {

/// Private_Dirty of this process, which is client and server at once.
std::size_t private_dirty_kb() {
  std::ifstream file{"/proc/self/smaps_rollup"};
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("Private_Dirty:"))
      return static_cast<std::size_t>(std::stoul(line.substr(14)));
  return 0;
}

std::string repeated(const std::string& bytes, int times) {
  std::string result;
  result.reserve(bytes.size() * static_cast<std::size_t>(times));
  for (int index = 0; index < times; ++index)
    result += bytes;
  return result;
}

struct row {
  const char* what;
  std::function<std::string()> bytes;
  unsigned code;
};

const std::vector<row>& table() {
  static const std::vector<row> rows{
    {"unmasked", [] { return raw_frame{.masked = false, .payload = "x"}.bytes(); }, 1002},
    {"reserved bit 1", [] { return raw_frame{.reserved = 4, .payload = "x"}.bytes(); }, 1002},
    {"reserved bit 2", [] { return raw_frame{.reserved = 2, .payload = "x"}.bytes(); }, 1002},
    {"reserved bit 3", [] { return raw_frame{.reserved = 1, .payload = "x"}.bytes(); }, 1002},
    {"reserved opcode 3", [] { return raw_frame{.opcode = 3, .payload = "x"}.bytes(); }, 1002},
    {"reserved opcode 11", [] { return raw_frame{.opcode = 11, .payload = "x"}.bytes(); }, 1002},
    {"binary", [] { return raw_frame{.opcode = 2, .payload = "x"}.bytes(); }, 1003},
    {"length 2^63", [] { return raw_frame{.claimed_length = 1ULL << 63}.bytes(); }, 1009},
    {"length 2^64 - 1", [] { return raw_frame{.claimed_length = ~0ULL}.bytes(); }, 1009},
    {"length 1 GiB", [] { return raw_frame{.claimed_length = 1ULL << 30}.bytes(); }, 1009},
    {"one byte too long", [] { return text_frame(std::string(64 * 1024 + 1, 'x')); }, 1009},
    {"too long in fragments",
     [] {
       return raw_frame{.fin = false, .payload = std::string(64 * 1024, 'x')}.bytes() +
              raw_frame{.opcode = 0, .payload = "x"}.bytes();
     },
     1009},
    {"length not canonical", [] { return raw_frame{.claimed_length = 5}.bytes() + "hello"; }, 1002},
    {"a million empty fragments",
     [] { return raw_frame{.fin = false}.bytes() + repeated(raw_frame{.fin = false, .opcode = 0}.bytes(), 1'000'000); },
     1008},
    {"sixty thousand fragments of a byte",
     [] {
       return raw_frame{.fin = false, .payload = "x"}.bytes() +
              repeated(raw_frame{.fin = false, .opcode = 0, .payload = "x"}.bytes(), 60'000);
     },
     1008},
    {"a ping flood", [] { return repeated(raw_frame{.opcode = 9}.bytes(), 100'000); }, 1008},
    {"a pong flood", [] { return repeated(raw_frame{.opcode = 10, .payload = "p"}.bytes(), 100'000); }, 1008},
    {"a continuation of nothing", [] { return raw_frame{.opcode = 0, .payload = "x"}.bytes(); }, 1002},
    {"a message inside a message", [] { return raw_frame{.fin = false, .payload = "x"}.bytes() + text_frame("y"); },
     1002},
    {"a fragmented ping", [] { return raw_frame{.fin = false, .opcode = 9}.bytes(); }, 1002},
    {"a long ping", [] { return raw_frame{.opcode = 9, .payload = std::string(126, 'x')}.bytes(); }, 1002},
    {"bad UTF-8", [] { return text_frame("\xff"); }, 1007},
    {"overlong UTF-8", [] { return text_frame("\xc0\xaf"); }, 1007},
    {"a surrogate", [] { return text_frame("\xed\xa0\x80"); }, 1007},
    {"half a character at the end", [] { return text_frame("caf\xc3"); }, 1007},
    {"bad UTF-8 across fragments",
     [] {
       return raw_frame{.fin = false, .payload = "\xf0\x9f"}.bytes() + raw_frame{.opcode = 0, .payload = "x"}.bytes();
     },
     1007},
    {"a close frame of one byte", [] { return raw_frame{.opcode = 8, .payload = "x"}.bytes(); }, 1002},
    {"a close code out of range", [] { return close_frame_of(999); }, 1002},
    {"a close code that is never sent", [] { return close_frame_of(1006); }, 1002},
    {"a close reason that is not UTF-8", [] { return raw_frame{.opcode = 8, .payload = "\x03\xe8\xff"}.bytes(); },
     1002},
    {"a deflated frame", [] { return raw_frame{.reserved = 4, .payload = repeated("\xff\x00", 1'000)}.bytes(); }, 1002},
  };
  return rows;
}

} // namespace

SCENARIO("frames that break the protocol end with the right code, and only their own connection") {
  echo_server server;
  raw_client witness{server.port()};
  REQUIRE(witness.upgrade());
  const auto run_table = [&] {
    for (const auto& [what, bytes, code] : table()) {
      CAPTURE(what);
      raw_client client{server.port()};
      REQUIRE(client.upgrade());
      client.send(bytes());
      CHECK(client.close_code() == code);
      CHECK(client.ended_within(5'000));
      REQUIRE(witness.send(text_frame(what)));
      REQUIRE(witness.frame()->payload == what);
    }
  };
  run_table();
  const auto before = private_dirty_kb();
  for (int round = 0; round < 5; ++round)
    run_table();
  const auto after = private_dirty_kb();
  CAPTURE(before, after);
  REQUIRE(before > 0);
  CHECK((sanitized || after <= before + before / 20 + 512));
  CHECK(server.acceptor.log.closed_twice == 0);
}

SCENARIO("a claimed length allocates nothing, a real length only what came") {
  echo_server server;
  const auto before = private_dirty_kb();
  std::vector<raw_client> clients;
  for (int index = 0; index < 200; ++index) {
    clients.emplace_back(server.port());
    REQUIRE(clients.back().upgrade());
    // The largest message that may come, of which almost nothing does.
    REQUIRE(clients.back().send(raw_frame{.fin = false, .payload = std::string(2'000, 'x')}.bytes() +
                                raw_frame{.opcode = 0, .payload = std::string(62'000, 'x')}.bytes().substr(0, 20)));
  }
  for (auto& client : clients) {
    REQUIRE(client.send(raw_frame{.opcode = 9, .payload = ""}.bytes().substr(0, 1)));
  }
  const auto after = private_dirty_kb();
  CAPTURE(before, after);
  CHECK((sanitized || after - before < 200 * 16)); // 64 KiB each would be 12,800
}

SCENARIO("unfinished messages are bounded for the thread as a whole") {
  troupe::config::outbound_options outbound;
  outbound.pool_bytes_max = 128 * 1024;
  echo_server server{{}, 1, outbound};
  std::vector<raw_client> clients;
  int refused = 0;
  for (int index = 0; index < 8; ++index) {
    clients.emplace_back(server.port());
    REQUIRE(clients.back().upgrade());
    REQUIRE(clients.back().send(raw_frame{.fin = false, .payload = std::string(40'000, 'x')}.bytes()));
    raw_client& client = clients.back();
    if (index >= 2) {
      CHECK(client.close_code() == 1013);
      ++refused;
    }
  }
  CHECK(refused == 6);
  REQUIRE(clients[0].send(raw_frame{.opcode = 0, .payload = "!"}.bytes()));
  CHECK(clients[0].frame()->payload.size() == 40'001);
}

SCENARIO("an idle connection costs little and holds no buffer, also after it was busy") {
  if (sanitized)
    return;
  echo_server server;
  constexpr std::size_t connections = 1'000;
  std::vector<raw_client> clients;
  clients.reserve(connections);
  { // what the thread itself needs
    raw_client first{server.port()};
    REQUIRE(first.upgrade());
    REQUIRE(first.send(text_frame(std::string(60'000, 'x'))));
    REQUIRE(first.frame());
  }
  REQUIRE(eventually([&] { return server.server.sockets() == 0; }));
  const auto before = mallinfo2().uordblks;
  for (std::size_t index = 0; index < connections; ++index) {
    clients.emplace_back(server.port());
    REQUIRE(clients.back().upgrade());
    REQUIRE(clients.back().send(text_frame(std::string(3'000, 'x'))));
    REQUIRE(clients.back().frame());
    clients.back().forget_buffer();
  }
  const auto each = (mallinfo2().uordblks - before) / connections;
  INFO("sizeof(websocket) = " << sizeof(troupe::transport::websocket) << ", heap of one connection = " << each
                              << ", of which the test's own connection and client are about 150");
  CHECK(each <= 3'900);
}
