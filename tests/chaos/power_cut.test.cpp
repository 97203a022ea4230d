// The power goes at a random instant: everything acked before is on the disk.
#include "tests/chaos/loop_disk.hpp"
#include "tests/chaos/run.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace troupe;
using namespace troupe::tests;

namespace {

constexpr const char* what = "power cuts (ext4 on loop devices)";

/// Small enough that an image is copied quickly.
constexpr const char* small_store = "[store]\nreserve_bytes = 1048576\n";

/// Cuts the power `images` times during one load. True when the checker found nothing in any of them.
struct outcome {
  unsigned sound = 0;
  unsigned broken = 0;
  std::string words;
  std::size_t acks = 0;
};

outcome cuts_power(loop_disk& disk, const std::string& plant, unsigned images) {
  outcome all;
  std::mt19937 random{static_cast<unsigned>(images + plant.size())};
  std::map<std::string, std::string> environment;
  if (!plant.empty())
    environment["TROUPE_PLANT"] = plant;
  for (unsigned i = 0; i < images; ++i) {
    const auto data = disk.mounted_at() / ("data-" + std::to_string(i));
    run r{{.binary = faulty_binary(), .data = data, .config = small_store, .environment = environment},
          {.rooms = 4, .senders = 8, .receivers = 2, .rooms_each = 2, .under_way = 8}};
    r.traffic().start();
    REQUIRE(r.traffic().progresses(100));
    std::this_thread::sleep_for(std::chrono::milliseconds{random() % 150});
    r.server().freeze();
    r.traffic().stop_sending();
    // What was written to the sockets before the stop is read before the load ends: those acks count.
    std::this_thread::sleep_for(50ms);
    all.acks += r.traffic().acked();
    r.traffic().end();
    const auto cut = disk.image();
    r.server().kill();
    node survivor =
      node::started({.binary = shipped_binary(), .data = cut->mounted_at() / data.filename(), .config = small_store});
    const auto result = r.judged_with(survivor);
    all.words += checker::to_text(result);
    ++(result.passed() ? all.sound : all.broken);
    survivor.kill();
    std::filesystem::remove_all(data);
  }
  return all;
}

} // namespace

SCENARIO("ten power cuts under load") {
  std::string why_not;
  const auto disk = loop_disk::make(48, why_not);
  if (!disk)
    return skipped(what, why_not);
  const auto all = cuts_power(*disk, {}, 10);
  INFO(all.words);
  CHECK(all.sound == 10);
  CHECK(all.broken == 0);
  CHECK(all.acks > 1'000);
}

SCENARIO("power cuts show a log that does not sync") {
  std::string why_not;
  const auto disk = loop_disk::make(48, why_not);
  if (!disk)
    return skipped(what, why_not);
  const auto all = cuts_power(*disk, "sync_off", 3);
  INFO(all.words);
  CHECK(all.broken > 0);
  CHECK(all.words.find(std::string(checker::rules::acked_is_stored)) != std::string::npos);
}
