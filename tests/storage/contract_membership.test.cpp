// What every store of a cluster promises about nodes and the owners of shards.
#include "tests/storage/membership_contract.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

using namespace troupe::storage;
using namespace troupe::storage::testing;

namespace {

node_row row_of(const std::string& name) {
  return {
    .node = name, .address = name + ".example:80", .link = "127.0.0.1:4711", .boot = "boot of " + name, .weight = 3};
}

incarnation_t enters(membership_store& store, const std::string& name) {
  const auto entered = store.enter(row_of(name));
  INFO(entered.failure);
  REQUIRE(entered.incarnation != 0);
  return entered.incarnation;
}

cluster_seen look(membership_store& store) {
  auto seen = store.look();
  REQUIRE(seen);
  REQUIRE(seen->shards.size() == shard_count);
  return std::move(*seen);
}

const node_seen* find(const cluster_seen& seen, const std::string& name) {
  const auto at = std::find_if(seen.nodes.begin(), seen.nodes.end(), [&](const auto& n) { return n.row.node == name; });
  return at == seen.nodes.end() ? nullptr : &*at;
}

using owner = std::pair<std::string, incarnation_t>;

/// Who was ever given a shard under a term.
class given_shards {
public:
  /// False when somebody had it already.
  bool given(shard_id shard, term_t term, const owner& to) {
    const std::lock_guard hold{lock_};
    return owners_.emplace(std::pair{shard, term}, to).second;
  }
  std::size_t count() const { return owners_.size(); }
  const std::map<std::pair<shard_id, term_t>, owner>& all() const { return owners_; }

private:
  std::mutex lock_;
  std::map<std::pair<shard_id, term_t>, owner> owners_;
};

} // namespace

SCENARIO("nodes see one another") {
  TROUPE_EACH_CLUSTER_BACKEND(cluster);
  GIVEN("two nodes that entered") {
    const auto a = cluster->connect();
    const auto b = cluster->connect();
    auto row = row_of("node-a");
    row.incarnation = enters(*a, "node-a");
    enters(*b, "node-b");
    THEN("each sees both, as they said and alive") {
      for (auto* store : {a.get(), b.get()}) {
        const auto seen = look(*store);
        REQUIRE(seen.nodes.size() == 2);
        CHECK(seen.nodes[0].row == row);
        CHECK(seen.nodes[1].row.node == "node-b");
        for (const auto& node : seen.nodes) {
          CHECK_FALSE(node.gone);
          CHECK_FALSE(node.draining);
          CHECK(node.beat > 0);
          CHECK(node.beat <= seen.at);
        }
      }
    }
    WHEN("one says that it drains") {
      const auto before = find(look(*b), "node-a")->beat;
      REQUIRE(a->beat(true));
      THEN("the other sees it, with a newer heartbeat") {
        const auto seen = look(*b);
        CHECK(find(seen, "node-a")->draining);
        CHECK(find(seen, "node-a")->beat >= before);
        CHECK_FALSE(find(seen, "node-b")->draining);
      }
    }
    WHEN("one leaves") {
      REQUIRE(a->leave());
      THEN("it is not seen any more, and has no heart that beats") {
        CHECK(find(look(*b), "node-a") == nullptr);
        CHECK_FALSE(a->beat(false));
        CHECK(a->leave());
      }
      THEN("it may enter again, as another incarnation") { CHECK(enters(*a, "node-a") > row.incarnation); }
    }
    WHEN("another one comes by the same name") {
      const auto third = cluster->connect();
      const auto entered = third->enter(row_of("node-a"));
      THEN("it is refused, with what to do") {
        CHECK(entered.incarnation == 0);
        CHECK_THAT(entered.failure, Catch::Contains("node-a") && Catch::Contains("--node"));
        CHECK(look(*b).nodes.size() == 2);
        CHECK(a->beat(false));
      }
    }
  }
}

SCENARIO("the dead make room") {
  TROUPE_EACH_CLUSTER_BACKEND(cluster);
  const auto store = cluster->connect();
  GIVEN("a node that has died") {
    const auto dead = cluster->dead_node("node-b");
    CHECK(store->make_sure_dead(dead));
    WHEN("one comes by its name") {
      const auto incarnation = enters(*store, "node-b");
      THEN("its row is replaced") {
        const auto seen = look(*store);
        REQUIRE(seen.nodes.size() == 1);
        CHECK(seen.nodes[0].row.incarnation == incarnation);
        CHECK(incarnation > dead.incarnation);
        CHECK_FALSE(seen.nodes[0].gone);
      }
    }
    WHEN("it owns a shard") {
      REQUIRE(store->change({{7, 0, "node-b", dead.incarnation}}));
      THEN("it is forgotten only when the shard is another's") {
        CHECK_FALSE(store->forget(dead));
        CHECK(find(look(*store), "node-b") != nullptr);
        REQUIRE(store->change({{7, 1, "node-a", 99}}));
        CHECK(store->forget(dead));
        CHECK(find(look(*store), "node-b") == nullptr);
        CHECK(store->forget(dead));
      }
    }
    WHEN("its name lives on in another incarnation") {
      const auto incarnation = enters(*store, "node-b");
      REQUIRE(store->forget(dead));
      THEN("that one stays") { CHECK(find(look(*store), "node-b")->row.incarnation == incarnation); }
    }
  }
}

SCENARIO("a shard changes its owner only from the term that was seen") {
  TROUPE_EACH_CLUSTER_BACKEND(cluster);
  const auto a = cluster->connect();
  const auto b = cluster->connect();
  const auto of_a = enters(*a, "node-a");
  const auto of_b = enters(*b, "node-b");
  THEN("at first the shards are nobody's") {
    for (const auto& shard : look(*a).shards)
      CHECK(shard == shard_row{});
  }
  WHEN("one takes some") {
    const auto changed = a->change({{0, 0, "node-a", of_a}, {255, 0, "node-a", of_a}});
    REQUIRE(changed);
    CHECK(*changed == std::vector<shard_id>{0, 255});
    THEN("all see it, under a higher term") {
      const auto seen = look(*b);
      CHECK(seen.shards[0] == shard_row{"node-a", of_a, 1, ""});
      CHECK(seen.shards[255] == shard_row{"node-a", of_a, 1, ""});
      CHECK(seen.shards[1] == shard_row{});
    }
    THEN("whoever saw an older term gets only the others") {
      const auto late = b->change({{0, 0, "node-b", of_b}, {1, 0, "node-b", of_b}, {255, 2, "node-b", of_b}});
      REQUIRE(late);
      CHECK(*late == std::vector<shard_id>{1});
      CHECK(look(*a).shards[0].owner == "node-a");
      CHECK(look(*a).shards[255].term == 1);
    }
    THEN("it may pass one on, and the term rises again") {
      REQUIRE(a->change({{0, 1, "node-b", of_b}}));
      CHECK(look(*b).shards[0] == shard_row{"node-b", of_b, 2, ""});
    }
  }
  WHEN("one change names a shard twice, or none that exists") {
    const auto changed = a->change({{3, 0, "node-a", of_a}, {3, 0, "node-b", of_b}, {256, 0, "node-a", of_a}});
    THEN("it is changed once") {
      REQUIRE(changed);
      CHECK(*changed == std::vector<shard_id>{3});
      CHECK(look(*a).shards[3] == shard_row{"node-a", of_a, 1, ""});
    }
  }
  WHEN("an operator pins one") {
    REQUIRE(a->pin(4, "node-b"));
    REQUIRE(a->change({{4, 0, "node-a", of_a}}));
    THEN("the wish outlives the owner, until it is taken back") {
      CHECK(look(*b).shards[4] == shard_row{"node-a", of_a, 1, "node-b"});
      REQUIRE(b->pin(4, ""));
      CHECK(look(*a).shards[4] == shard_row{"node-a", of_a, 1, ""});
    }
  }
  WHEN("nothing is to be changed") {
    THEN("nothing is") { CHECK(a->change({}) == std::vector<shard_id>{}); }
  }
}

SCENARIO("in no order of looks and changes do two owners get a shard under one term") {
  TROUPE_EACH_CLUSTER_BACKEND(cluster);
  const std::vector<std::string> names{"node-a", "node-b"};
  std::vector<std::unique_ptr<membership_store>> stores;
  std::vector<incarnation_t> incarnations;
  for (const auto& name : names) {
    stores.push_back(cluster->connect());
    incarnations.push_back(enters(*stores.back(), name));
  }
  given_shards given;
  for (unsigned seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    std::vector<cluster_seen> views{look(*stores[0]), look(*stores[1])};
    for (unsigned step = 0; step < 10; ++step) {
      const auto who = random() % 2;
      if (random() % 4 == 0) {
        views[who] = look(*stores[who]);
        continue;
      }
      std::vector<shard_change> wanted;
      for (shard_id shard = 0; shard < 4; ++shard)
        if (random() % 2 == 0)
          wanted.push_back({shard, views[who].shards[shard].term, names[who], incarnations[who]});
      const auto changed = stores[who]->change(wanted);
      REQUIRE(changed);
      const auto after = look(*stores[1 - who]);
      for (const auto shard : *changed) {
        const auto term = views[who].shards[shard].term + 1;
        CHECK(given.given(shard, term, {names[who], incarnations[who]}));
        CHECK(after.shards[shard] == shard_row{names[who], incarnations[who], term, ""});
        views[who].shards[shard].term = term;
      }
    }
  }
  CHECK(given.count() > 100);
}

SCENARIO("two nodes that take shards from one another at the same time never both have one") {
  TROUPE_EACH_CLUSTER_BACKEND(cluster);
  given_shards given;
  std::atomic<bool> twice{false};
  std::atomic<bool> lost{false};
  constexpr unsigned rounds = 100;
  const auto takes = [&](const std::string& name) {
    const auto store = cluster->connect();
    const auto incarnation = store->enter({.node = name, .boot = name}).incarnation;
    for (unsigned i = 0; i < rounds; ++i) {
      const auto seen = store->look();
      if (!seen)
        continue;
      std::vector<shard_change> wanted;
      for (shard_id shard = 0; shard < 8; ++shard)
        wanted.push_back({shard, seen->shards[shard].term, name, incarnation});
      const auto changed = store->change(wanted);
      if (!changed) {
        lost = true; // it may have been done all the same: what follows would prove nothing
        return;
      }
      for (const auto shard : *changed)
        if (!given.given(shard, seen->shards[shard].term + 1, {name, incarnation}))
          twice = true;
    }
  };
  std::thread other{takes, "node-a"};
  takes("node-b");
  other.join();
  CHECK_FALSE(twice);
  CHECK_FALSE(lost);
  const auto seen = look(*cluster->connect());
  std::map<shard_id, term_t> highest;
  for (const auto& [where, whose] : given.all())
    highest[where.first] = std::max(highest[where.first], where.second);
  for (const auto& [shard, term] : highest) {
    CHECK(seen.shards[shard].term == term); // no term was skipped, none was given to nobody
    CHECK(given.all().at({shard, term}) == owner{seen.shards[shard].owner, seen.shards[shard].incarnation});
  }
  CHECK(given.count() >= rounds);
}
