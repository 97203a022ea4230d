// Storms, slow readers, a full disk, no descriptors: refused early, with a reason, and over when it is over.
#include "tests/chaos/loop_disk.hpp"
#include "tests/chaos/run.hpp"
#include "tests/support/plain_http.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace troupe;
using namespace troupe::tests;

SCENARIO("thousands of devices lose their connections at once and resume") {
  constexpr unsigned senders = 4;
#ifdef TROUPE_SANITIZED
  constexpr unsigned receivers = 500;
#else
  constexpr unsigned receivers = 5'000;
#endif
  run r{{}, {.rooms = 8, .senders = senders, .receivers = receivers, .rooms_each = 2, .under_way = 2, .pause = 500ms}};
  // A couple that is not hit by the storm, and is served while it lasts.
  live_client ann{r.server(), "ann"};
  live_client bob{r.server(), "bob"};
  ann.joins("quiet");
  bob.joins("quiet");
  const auto all_are_back = [&] {
    for (int patience = 0; patience < 1'000 && r.traffic().online() < senders + receivers; ++patience) {
      const auto sent = ann.sends("quiet", "still here");
      CHECK(bob.next_message().seq == sent.seq);
      ann.lives_for(50ms);
    }
    return r.traffic().online() == senders + receivers;
  };
  r.traffic().start();
  REQUIRE(all_are_back());
  REQUIRE(r.traffic().progresses(20));
  for (int storm = 0; storm < 2; ++storm) {
    r.traffic().cuts_all();
    r.fault("all connections cut");
    CHECK(all_are_back());
    CHECK(r.traffic().progresses(20));
  }
  const auto result = r.ends();
  INFO(checker::to_text(result));
  CHECK(result.passed());
}

SCENARIO("readers that do not read cost nobody else anything") {
  run r{{},
        {.rooms = 2, .senders = 4, .receivers = 4, .rooms_each = 2, .under_way = 8, .body_bytes = 4'000, .slow = 10}};
  r.traffic().start();
  REQUIRE(r.traffic().progresses(100));
  const auto before = private_dirty_kib(r.server().pid());
  // 4 kB to each of them, some thousand times: far more than their queues may hold.
  REQUIRE(r.traffic().progresses(1'500));
  const auto after = private_dirty_kib(r.server().pid());
  CAPTURE(before, after);
#ifndef TROUPE_SANITIZED
  CHECK(after < before + 10 * 1'024 + 16 * 1'024); // ≤ 1 MiB each, and what rooms and the log hold anyway
#endif
  r.traffic().slow_ones_read();
  const auto result = r.ends();
  INFO(checker::to_text(result));
  CHECK(result.passed());
  CHECK(result.counts.gaps > 0); // Otherwise nobody was slow.
}

#ifndef TROUPE_SANITIZED // A sanitizer's allocator keeps what is freed.
SCENARIO("memory is given back when a crowd has left") {
  node server = node::started({});
  live_client ann{server, "ann"};
  live_client bob{server, "bob"};
  ann.joins("lounge");
  bob.joins("lounge");
  const auto metric = [&](const std::string& name) {
    const auto body = "\n" + http_get(server.port(), "/metrics")->body;
    const auto line = body.find("\n" + name + " ");
    REQUIRE(line != std::string::npos);
    return std::stod(body.substr(line + name.size() + 2));
  };
  const auto dirty = [&] { return private_dirty_kib(server.pid()); };
  const auto before = dirty();
  auto crowded = before;
  auto after = before;
  const auto gave_back = [&] {
    after = dirty();
    return metric("troupe_heap_trims_total") >= 1 && after < crowded;
  };
  // The server looks each second; a crowd that comes and goes between two looks is not seen.
  for (int visits = 0; visits < 5 && after >= crowded; ++visits) {
    std::vector<std::unique_ptr<live_client>> crowd;
    for (int i = 0; i < 1'000; ++i) {
      crowd.push_back(std::make_unique<live_client>(server, "guest-" + std::to_string(i)));
      crowd.back()->joins("stand-" + std::to_string(i % 20));
    }
    ann.lives_for(1'500ms);
    crowded = dirty();
    crowd.clear();
    for (int patience = 0; patience < 200 && metric("troupe_signed_in") > 2; ++patience)
      ann.lives_for(50ms);
    REQUIRE(metric("troupe_signed_in") == 2);
    for (int patience = 0; patience < 100 && !gave_back(); ++patience)
      ann.lives_for(50ms);
  }
  CAPTURE(before, crowded, after);
  CHECK(metric("troupe_heap_trims_total") >= 1);
  CHECK(after < crowded); // How much: what still lives is spread over the pages of what left.
  const auto sent = ann.sends("lounge", "so quiet now");
  CHECK(bob.next_message().seq == sent.seq);
}
#endif

SCENARIO("a full disk refuses sends, lets people read, and heals") {
  std::string why_not;
  const auto disk = memory_disk::make(24, why_not);
  if (!disk)
    return skipped("a full disk (tmpfs)", why_not);
  const auto ballast = disk->mounted_at() / "ballast";
  {
    std::ofstream file{ballast, std::ios::binary};
    const std::string block(1 << 20, 'x');
    for (int i = 0; i < 8; ++i)
      file << block;
  }
  node server = node::started({.data = disk->mounted_at() / "data", .config = "[store]\nreserve_bytes = 2097152\n"});
  live_client ann{server, "ann"};
  ann.joins("lounge");
  const std::string body(8'000, 'a');
  std::vector<hear::ack> acks;
  std::optional<hear::error> refusal;
  std::string refused_cid;
  for (int i = 0; i < 4'000 && !refusal; ++i) {
    refused_cid = new_cid();
    auto answer = ann.asks(say::send{.room = "lounge", .cid = refused_cid, .body = body});
    if (auto* ack = std::get_if<hear::ack>(&answer))
      acks.push_back(*ack);
    else
      refusal = std::get<hear::error>(answer);
  }
  REQUIRE(refusal);
  CHECK(refusal->code == protocol::code::storage_full);
  CHECK(refusal->retry == protocol::retry::after);

  // Reading goes on.
  const auto page = ann.fetches({.room = "lounge", .before = acks.back().seq + 1, .limit = 1});
  REQUIRE(page.messages.size() == 1);
  CHECK(page.messages[0].seq == acks.back().seq);
  CHECK(http_get(server.port(), "/healthz")->status == 200);

  // Space comes back: the same message goes through, once.
  std::filesystem::remove(ballast);
  std::optional<hear::ack> healed;
  for (int i = 0; i < 200 && !healed; ++i) {
    auto answer = ann.asks(say::send{.room = "lounge", .cid = refused_cid, .body = body});
    if (auto* ack = std::get_if<hear::ack>(&answer))
      healed = *ack;
    else
      ann.lives_for(50ms);
  }
  REQUIRE(healed);
  CHECK(healed->seq == acks.back().seq + 1);

  // A restart finds everything.
  server.kill();
  server.start();
  live_client again{server, "ann"};
  const auto joined = again.joins("lounge", protocol::position{healed->epoch, acks.back().seq});
  CHECK(joined.recovered);
  REQUIRE(joined.messages.size() == 1);
  CHECK(joined.messages[0].cid == refused_cid);
}

SCENARIO("out of descriptors: new connections wait or are refused, old ones live, and it passes") {
  node server = node::started({.io_threads = 1, .descriptors_max = 80});
  live_client ann{server, "ann"};
  live_client bob{server, "bob"};
  ann.joins("lounge");
  bob.joins("lounge");
  std::vector<std::unique_ptr<live_client>> crowd;
  bool refused = false;
  for (int i = 0; i < 100 && !refused; ++i) {
    try {
      crowd.push_back(std::make_unique<live_client>(
        server.where(), live_client::options{.user = "guest-" + std::to_string(i), .patience = 3'000ms}));
    } catch (const nothing_came&) {
      refused = true;
    }
  }
  CHECK(refused);
  CHECK(crowd.size() > 10);
  for (int i = 0; i < 20; ++i) {
    const auto sent = ann.sends("lounge", "still here");
    CHECK(bob.next_message().seq == sent.seq);
  }
  CHECK(server.running());
  crowd.clear();
  std::unique_ptr<live_client> carol;
  for (int i = 0; i < 20 && !carol; ++i) {
    try {
      carol = std::make_unique<live_client>(server.where(), live_client::options{.user = "carol", .patience = 3'000ms});
    } catch (const nothing_came&) {
    }
  }
  REQUIRE(carol);
  carol->joins("lounge");
  ann.sends("lounge", "welcome");
  CHECK(carol->next_message().body == "welcome");
}
