// tests/support/node_store.hpp
//
// How one simulated node reaches the store: late, in vain now and then, and in its own order.
#pragma once

#include "tests/support/life.hpp"
#include "tests/support/simulated_store.hpp"

#include <deque>
#include <functional>
#include <string>

namespace troupe::tests {

/// How the store behaves towards one node for the time being.
struct store_weather {
  std::int64_t write_ms_max = 4;
  std::int64_t read_ms_max = 3;
  std::int64_t member_ms_max = 3;
  unsigned lost_one_in = 0; ///< Answers of unknown outcome, half of them for what was done; 0 = none.
  bool full = false;
  bool members_fail = false;       ///< Heartbeats and the like.
  bool goes_on_when_frozen = true; ///< What a frozen process has asked for is done meanwhile.
};

/// The message log as one node has it: writes in order and in groups, reads apart.
class node_log final : public storage::message_log {
public:
  node_log(stage& world, simulated_store& store, life& of, const store_weather& weather)
    : world_(world), store_(store), life_(of), weather_(weather) {}

  protocol::durability durable() const override { return protocol::durability::disk; }
  void open(storage::opening what, storage::done<storage::open_result> then) override;
  void append(storage::run what, storage::done<storage::append_result> then) override;
  void page(storage::page_query what, storage::done<storage::page_result> then) override;
  void find(std::string room, storage::seq_t seq, storage::done<storage::find_result> then) override;
  void change_member(storage::member_change what, storage::done<storage::status> then) override;
  void prune_room(storage::prune what, storage::done<storage::prune_result> then) override;
  void inbox(storage::inbox_query what, storage::done<storage::inbox_result> then) override;
  void release(std::string) override {}
  std::uint32_t run_records_wanted() const noexcept override { return 8; }

  /// The process is dead: of what it asked for some may still be done, in order, and nothing is answered.
  void abandon();

private:
  using answer = std::function<void()>;
  using call = std::function<answer()>;
  enum class fate { done, lost_before, lost_after };

  fate draw_fate();
  /// One call in a queue of its own, or behind the writes before it.
  void write(call what);
  void read(std::function<void()> what);
  void start_commit();
  void commit();

  stage& world_;
  simulated_store& store_;
  life& life_;
  const store_weather& weather_;
  std::deque<call> writes_;
  bool committing_ = false;
};

/// The nodes and shards as one node reaches them.
class node_membership final : public storage::membership_store {
public:
  node_membership(stage& world, simulated_store& store, const store_weather& weather)
    : world_(world), store_(store), weather_(weather) {}

  entered enter(storage::node_row row) override;
  bool beat(bool draining) override;
  std::optional<storage::cluster_seen> look() override;
  std::optional<std::vector<storage::shard_id>> change(const std::vector<storage::shard_change>& what) override;
  bool pin(storage::shard_id shard, const std::string& node) override;
  bool make_sure_dead(const storage::node_row& whom) override;
  bool leave() override;
  bool forget(const storage::node_row& whom) override;

  /// The last call was a heartbeat, and a good one.
  bool takes_good_beat() { return std::exchange(good_beat_, false); }

private:
  stage& world_;
  simulated_store& store_;
  const store_weather& weather_;
  storage::incarnation_t self_ = 0;
  bool good_beat_ = false;
};

} // namespace troupe::tests
