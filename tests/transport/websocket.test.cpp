#include "tests/transport/echo_server.hpp"
#include "tests/transport/raw_client.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <thread>
#include <vector>

using namespace troupe::tests;
using troupe::actors::ending;

SCENARIO("frames come back as they went") {
  echo_server server;
  raw_client client{server.port()};
  REQUIRE(client.upgrade());

  SECTION("of every length of length") {
    for (const std::size_t bytes : {0u, 1u, 125u, 126u, 1'500u, 1'530u, 1'536u, 1'600u, 4'000u, 65'535u, 65'536u}) {
      CAPTURE(bytes);
      const std::string text(bytes, 'a');
      REQUIRE(client.send(text_frame(text)));
      const auto back = client.frame();
      REQUIRE(back);
      CHECK(back->opcode == 1);
      CHECK(back->payload == text);
    }
  }

  SECTION("many in one segment") {
    std::string segment;
    for (int index = 0; index < 500; ++index)
      segment += text_frame("message " + std::to_string(index));
    REQUIRE(client.send(segment));
    for (int index = 0; index < 500; ++index) {
      const auto back = client.frame();
      REQUIRE(back);
      REQUIRE(back->payload == "message " + std::to_string(index));
    }
  }

  SECTION("byte by byte") {
    for (const char byte : text_frame("slow but whole"))
      REQUIRE(client.send({&byte, 1}));
    CHECK(client.frame()->payload == "slow but whole");
  }

  SECTION("in fragments, with a ping between") {
    REQUIRE(client.send(raw_frame{.fin = false, .payload = "one "}.bytes()));
    REQUIRE(client.send(raw_frame{.opcode = 9, .payload = "are you there"}.bytes()));
    REQUIRE(client.send(raw_frame{.fin = false, .opcode = 0, .payload = "two "}.bytes()));
    REQUIRE(client.send(raw_frame{.opcode = 0, .payload = "three"}.bytes()));
    const auto pong = client.frame();
    REQUIRE(pong);
    CHECK(pong->opcode == 10);
    CHECK(pong->payload == "are you there");
    CHECK(client.frame()->payload == "one two three");
  }
}

SCENARIO("connections of one thread do not see each other's bytes") {
  echo_server server;
  std::vector<raw_client> clients;
  for (int index = 0; index < 16; ++index) {
    clients.emplace_back(server.port());
    REQUIRE(clients.back().upgrade());
  }
  const auto text_of = [](std::size_t client, int round) {
    return std::string(100 + client * 400 + static_cast<std::size_t>(round), static_cast<char>('a' + client));
  };
  for (int round = 0; round < 20; ++round) {
    for (std::size_t client = 0; client < clients.size(); ++client)
      REQUIRE(clients[client].send(text_frame(text_of(client, round)) + text_frame(text_of(client, round + 1))));
    for (std::size_t client = 0; client < clients.size(); ++client) {
      REQUIRE(clients[client].frame()->payload == text_of(client, round));
      REQUIRE(clients[client].frame()->payload == text_of(client, round + 1));
    }
  }
}

SCENARIO("a broadcast reaches everybody with few send calls") {
  echo_server server;
  std::vector<raw_client> clients;
  for (int index = 0; index < 50; ++index) {
    clients.emplace_back(server.port());
    REQUIRE(clients.back().upgrade());
  }
  const auto calls = server.metric("troupe_socket_send_calls_total");
  std::string burst;
  for (int index = 0; index < 10; ++index)
    burst += text_frame("all " + std::to_string(index));
  REQUIRE(clients[0].send(burst));
  for (auto& client : clients)
    for (int index = 0; index < 10; ++index)
      REQUIRE(client.frame()->payload == "all " + std::to_string(index));
  CHECK(server.metric("troupe_socket_send_calls_total") - calls <= 100);
}

SCENARIO("a reader that does not read gets everything when it does") {
  echo_server server;
  raw_client client{server.port()}, other{server.port()};
  REQUIRE(client.upgrade());
  REQUIRE(other.upgrade());
  REQUIRE(client.send(text_frame("many 40000 1000"))); // more than the kernel holds
  REQUIRE(eventually([&] { return server.metric("troupe_socket_send_blocks_total") > 0; }));
  REQUIRE(other.send(text_frame("me first")));
  CHECK(other.frame()->payload == "me first");
  REQUIRE(client.send(raw_frame{.opcode = 9, .payload = "in between"}.bytes()));
  int texts = 0, pongs = 0;
  while (texts < 40'000) {
    CAPTURE(texts, pongs, server.acceptor.log.all_endings());
    const auto next = client.frame();
    REQUIRE(next);
    if (next->opcode == 10) {
      ++pongs;
    } else {
      REQUIRE(next->payload.starts_with(std::to_string(texts) + ' '));
      ++texts;
    }
  }
  CHECK(pongs == 1);
}

SCENARIO("the end of a connection is told once, with its reason") {
  echo_server server;
  raw_client client{server.port()};
  REQUIRE(client.upgrade());
  auto& log = server.acceptor.log;

  SECTION("the peer closes") {
    REQUIRE(client.send(close_frame_of(1000)));
    CHECK(client.close_code() == 1000);
    CHECK(client.ended_within(5'000));
    REQUIRE(eventually([&] { return log.closed == 1; }));
    CHECK(log.all_endings() == std::vector{ending::by_peer});
  }

  SECTION("the peer vanishes") {
    { const raw_client gone{std::move(client)}; }
    REQUIRE(eventually([&] { return log.closed == 1; }));
    CHECK(log.all_endings() == std::vector{ending::reset});
  }

  SECTION("the connection closes: first what was queued, then the close frame, then nothing") {
    REQUIRE(client.send(text_frame("close 4009") + text_frame("not read any more")));
    CHECK(client.frame()->payload == "last words");
    const auto close = client.frame();
    REQUIRE(close);
    CHECK(close->opcode == 8);
    CHECK(close->close_code() == 4009);
    REQUIRE(client.send(close_frame_of(4009)));
    CHECK_FALSE(client.frame());
    REQUIRE(eventually([&] { return log.closed == 1; }));
    CHECK(log.all_endings() == std::vector{ending::by_us});
    CHECK(log.messages == 1);
  }

  SECTION("the connection drops") {
    REQUIRE(client.send(text_frame("drop")));
    CHECK(client.close_code() == 0);
    REQUIRE(eventually([&] { return log.closed == 1; }));
    CHECK(log.all_endings() == std::vector{ending::by_us});
  }

  SECTION("the server stops") {
    std::thread stopping{[&] { server.server.stop(); }};
    CHECK(client.close_code() == 4001);
    client.send(close_frame_of(4001));
    stopping.join();
    CHECK(log.closed == 1);
    CHECK(log.all_endings() == std::vector{ending::by_us});
  }

  REQUIRE(eventually([&] { return server.server.sockets() == 0; }));
  CHECK(log.closed_twice == 0);
}

SCENARIO("ticks come without anything else happening") {
  echo_server server;
  raw_client client{server.port()};
  REQUIRE(client.upgrade());
  CHECK(eventually([&] { return server.acceptor.log.ticks >= 2; }));
}
