// The parts of transport that know no socket.
#include "transport/admission.hpp"
#include "transport/buffer_pool.hpp"
#include "transport/close_frame.hpp"
#include "transport/counters.hpp"
#include "transport/flood_guard.hpp"
#include "transport/metrics.hpp"
#include "transport/outgoing.hpp"
#include "transport/request_target.hpp"

#include <catch2/catch.hpp>

#include <sys/uio.h>

#include <array>
#include <random>
#include <string>
#include <vector>

using namespace troupe::transport;
using troupe::actors::frame;
using troupe::actors::shared_frame;

namespace {

address_key address(std::uint8_t last) {
  address_key key;
  key.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, last};
  return key;
}

} // namespace

// -- admission ----------------------------------------------------------------

SCENARIO("one past each limit is refused, and room is made by leaving") {
  admission_limits limits{.connections_max = 3,
                          .connections_per_ip_max = 2,
                          .handshakes_per_s = 1'000,
                          .handshakes_per_ip_per_s = 1'000,
                          .sockets_spare = 4,
                          .sockets_spare_per_ip = 1};
  admission gate{limits};
  const auto come = [&](std::uint8_t last) {
    auto place = gate.arrive(address(last), 0);
    auto answer = place ? gate.enter(place, 0).verdict : entry_verdict::too_many_connections;
    return std::pair{std::move(place), answer};
  };

  auto [a1, a1_answer] = come(1);
  auto [a2, a2_answer] = come(1);
  CHECK(a1_answer == entry_verdict::welcome);
  CHECK(a2_answer == entry_verdict::welcome);
  CHECK(gate.connections() == 2);

  SECTION("connections of one address") {
    auto [a3, a3_answer] = come(1);
    REQUIRE(a3);
    CHECK(a3_answer == entry_verdict::too_many_of_address);
    SECTION("then not even sockets") { CHECK_FALSE(gate.arrive(address(1), 0)); }
    SECTION("a place becomes free") {
      a1.reset();
      CHECK(gate.enter(a3, 0).verdict == entry_verdict::welcome);
    }
  }
  SECTION("connections of the node") {
    auto [b1, b1_answer] = come(2);
    auto [c1, c1_answer] = come(3);
    CHECK(b1_answer == entry_verdict::welcome);
    CHECK(c1_answer == entry_verdict::too_many_connections);
    b1.reset();
    CHECK(gate.enter(c1, 0).verdict == entry_verdict::welcome);
  }
  SECTION("sockets of the node") {
    std::vector<admission::place> places;
    for (std::uint8_t last = 10; last < 15; ++last) {
      places.push_back(gate.arrive(address(last), 0));
      CHECK(places.back());
    }
    CHECK_FALSE(gate.arrive(address(20), 0));
    places.pop_back();
    CHECK(gate.arrive(address(20), 0));
  }
  SECTION("a trusted address has no limit of its own") {
    auto key = address(1);
    key.trusted = true;
    auto place = gate.arrive(key, 0);
    CHECK(gate.enter(place, 0).verdict == entry_verdict::welcome);
  }
}

SCENARIO("handshakes have a rate, for the node and for each address") {
  admission_limits limits{.handshakes_per_s = 10, .handshakes_per_ip_per_s = 4};
  admission gate{limits};
  const auto handshakes = [&](std::uint8_t last, std::int64_t now_ms) {
    auto place = gate.arrive(address(last), now_ms);
    return gate.enter(place, now_ms);
  };
  for (int count = 0; count < 4; ++count)
    CHECK(handshakes(1, 1'000).verdict == entry_verdict::welcome);
  const auto refused = handshakes(1, 1'000);
  CHECK(refused.verdict == entry_verdict::too_many_handshakes_of_address);
  CHECK(refused.retry_after_ms == 250);
  CHECK(handshakes(1, 1'249).verdict == entry_verdict::too_many_handshakes_of_address);
  CHECK(handshakes(1, 1'250).verdict == entry_verdict::welcome);

  for (int count = 0; count < 4; ++count)
    CHECK(handshakes(2, 1'250).verdict == entry_verdict::welcome);
  // The node has spent nine of ten, and 0.25 s gave it two more.
  CHECK(handshakes(3, 1'250).verdict == entry_verdict::welcome);
  CHECK(handshakes(3, 1'250).verdict == entry_verdict::welcome);
  CHECK(handshakes(3, 1'250).verdict == entry_verdict::welcome);
  CHECK(handshakes(3, 1'250).verdict == entry_verdict::too_many_handshakes);
}

SCENARIO("addresses that left are forgotten") {
  admission gate{admission_limits{}};
  for (int round = 0; round < 200; ++round)
    for (int last = 0; last < 256; ++last) {
      address_key key = address(static_cast<std::uint8_t>(last));
      key.bytes[13] = static_cast<std::uint8_t>(round);
      auto place = gate.arrive(key, round * 10'000);
      gate.enter(place, round * 10'000);
    }
  CHECK(gate.sockets() == 0);
  CHECK(gate.connections() == 0);
  CHECK(gate.addresses() < 16 * 128); // of 51,200 seen
}

// -- buffer_pool --------------------------------------------------------------

SCENARIO("buffers are kept for reuse and bounded") {
  buffer_pool pool{128 * 1024};
  CHECK_FALSE(pool.acquire(64 * 1024 + 1));
  auto large = pool.acquire(33'000);
  REQUIRE(large);
  CHECK(large->size() == 64 * 1024);
  auto second = pool.acquire(64 * 1024);
  REQUIRE(second);
  CHECK_FALSE(pool.acquire(1)); // one past the bound
  CHECK(pool.bytes_in_use() == 128 * 1024);

  const auto* memory = large->data();
  large.reset();
  CHECK(pool.bytes_kept() == 64 * 1024);
  auto again = pool.acquire(64 * 1024);
  REQUIRE(again);
  CHECK(again->data() == memory);
  again.reset();
  auto small = pool.acquire(1); // what is kept makes room
  REQUIRE(small);
  CHECK(small->size() == 2 * 1024);
  CHECK(pool.bytes_kept() == 0);
}

// -- flood_guard --------------------------------------------------------------

SCENARIO("headers without text are a flood, text is not") {
  flood_guard guard;
  SECTION("a hundred megabytes of messages, read ahead as streams do") {
    for (int round = 0; round < 1'600; ++round) {
      REQUIRE(guard.received(1'536));
      REQUIRE(guard.received(64'014));
      guard.carried(65'536);
      guard.message_done();
    }
  }
  SECTION("small messages for ever") {
    for (int round = 0; round < 100'000; ++round) {
      REQUIRE(guard.received(8));
      guard.carried(2);
      guard.message_done();
    }
  }
  SECTION("pings for a month") {
    for (std::int64_t now = 0; now < 30LL * 86'400'000; now += 25'000) {
      REQUIRE(guard.received(10));
      REQUIRE(guard.control_frame(4, now));
    }
  }
  SECTION("empty fragments") {
    int fragments = 0;
    while (guard.received(6))
      ++fragments;
    CHECK(fragments < 15'000);
  }
  SECTION("fragments of one byte") {
    int fragments = 0;
    while (guard.received(7)) {
      guard.carried(1);
      ++fragments;
    }
    CHECK(fragments < 15'000);
  }
  SECTION("pings at once") {
    int pings = 0;
    while (guard.control_frame(0, 0))
      ++pings;
    CHECK(pings == flood_guard::control_frames_burst);
    CHECK(guard.control_frame(0, 1'000));
  }
}

// -- outgoing -----------------------------------------------------------------

SCENARIO("whatever the socket takes at a time, the bytes are the same, and own bytes stand between frames") {
  const auto seed = GENERATE(range(1u, 101u));
  CAPTURE(seed);
  std::mt19937 random{seed};
  outgoing out;
  std::string sent;
  std::vector<std::string> unbroken; // every one of them has to appear whole, in its turn
  std::vector<shared_frame> batch;
  int number = 0;
  std::size_t frames = 0, ended = 0;

  for (int step = 0; step < 200 || !out.empty(); ++step) {
    if (step < 200 && random() % 4 == 0) {
      const auto own = "<own " + std::to_string(number++) + ">";
      REQUIRE(out.append_own(own));
      unbroken.push_back(own);
    }
    if (step < 200 && !out.has_batch()) {
      for (auto count = random() % 4; count > 0; --count) {
        batch.push_back(frame::make("frame " + std::to_string(number++)));
        unbroken.emplace_back(batch.back()->bytes());
      }
      frames += batch.size();
      if (!batch.empty())
        out.load(batch);
      REQUIRE(batch.empty());
    }
    std::array<iovec, 3> pieces;
    const auto count = out.gather(pieces);
    std::string gathered;
    for (std::size_t index = 0; index < count; ++index)
      gathered.append(static_cast<const char*>(pieces[index].iov_base), pieces[index].iov_len);
    REQUIRE(gathered.empty() == out.empty());
    const auto taken = gathered.empty() ? 0 : random() % (gathered.size() + 1);
    sent += gathered.substr(0, taken);
    ended += out.advance(taken);
    out.unload(batch);
  }
  CHECK(ended == frames);

  std::size_t all = 0;
  for (const auto& piece : unbroken) {
    all += piece.size();
    CHECK(sent.find(piece) != std::string::npos);
  }
  CHECK(sent.size() == all);
}

SCENARIO("own bytes are bounded") {
  outgoing out;
  CHECK(out.append_own(std::string(outgoing::own_bytes_max, 'x')));
  CHECK_FALSE(out.append_own("y"));
}

// -- close_frame --------------------------------------------------------------

SCENARIO("a close frame says why, as far as there is room") {
  CHECK(make_close_frame(4001, "draining") == "\x88\x0a\x0f\xa1"
                                              "draining");
  const auto long_one = make_close_frame(1000, std::string(122, 'x') + "\xc3\xa9"); // é would be cut in two
  CHECK(long_one == "\x88\x7c\x03\xe8" + std::string(122, 'x'));
}

// -- request_target -----------------------------------------------------------

SCENARIO("targets are read or refused") {
  const auto path_of = [](std::string_view text) {
    const auto target = parse_target(text);
    return target ? target->path : "(refused)";
  };
  CHECK(path_of("/") == "/");
  CHECK(path_of("/a%20b?c=%20") == "/a b");
  CHECK(parse_target("/a?b?c")->query == "b?c");
  CHECK(path_of("/%41") == "/A");
  CHECK(path_of("/caf%C3%A9") == "/caf\xc3\xa9");
  for (const auto* text : {"", "x", "*", "http://host/x", "/%", "/%4", "/%4g", "/%00", "/%0d%0aX: y", "/\x01", "/\x7f"})
    CHECK(path_of(text) == "(refused)");
}

// -- metrics ------------------------------------------------------------------

SCENARIO("described counters become Prometheus text") {
  metrics all;
  unit_counters one, two;
  one.drains = 3;
  two.drains = 4;
  all.add("troupe_io_thread", one, {{"thread", "0"}});
  all.add("troupe_io_thread", two, {{"thread", "1"}});
  auto sockets = std::make_shared<socket_counters>();
  all.add("troupe_socket", std::shared_ptr<const socket_counters>{sockets});
  sockets->connections = -1;
  all.add_gauge("troupe_answer", [] { return 42.0; });
  const auto text = all.text();
  CHECK(text.find("# TYPE troupe_io_thread_drains_total counter\n") != std::string::npos);
  CHECK(text.find("troupe_io_thread_drains_total{thread=\"0\"} 3\n") != std::string::npos);
  CHECK(text.find("troupe_io_thread_drains_total{thread=\"1\"} 4\n") != std::string::npos);
  CHECK(text.find("# TYPE troupe_socket_connections gauge\ntroupe_socket_connections -1\n") != std::string::npos);
  CHECK(text.find("troupe_answer 42\n") != std::string::npos);
}
