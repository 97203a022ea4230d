// tests/support/watched_memory.hpp
#pragma once

#include "storage/memory_log.hpp"
#include "tests/support/simulated_store.hpp"

#include <string>
#include <utility>

namespace troupe::tests {

/// The memory of one node. No store fences it, so somebody looks on: what is acked here is acked by the owner.
class watched_memory final : public storage::message_log {
public:
  watched_memory(stage& world, const simulated_store& store, const std::string& node)
    : world_(world), store_(store), node_(node) {}

  protocol::durability durable() const override { return rooms_.durable(); }
  void open(storage::opening what, storage::done<storage::open_result> then) override {
    rooms_.open(std::move(what), std::move(then));
  }
  void append(storage::run what, storage::done<storage::append_result> then) override {
    if (const auto& row = store_.shard_of(what.room); row.term != what.term)
      world_.breach("{} takes a message of {} under term {}, when {} owns it under term {}", node_, what.room,
                    what.term, row.owner, row.term);
    rooms_.append(std::move(what), std::move(then));
  }
  void page(storage::page_query what, storage::done<storage::page_result> then) override {
    rooms_.page(std::move(what), std::move(then));
  }
  void find(std::string room, storage::seq_t seq, storage::done<storage::find_result> then) override {
    rooms_.find(std::move(room), seq, std::move(then));
  }
  void change_member(storage::member_change what, storage::done<storage::status> then) override {
    rooms_.change_member(std::move(what), std::move(then));
  }
  void prune_room(storage::prune what, storage::done<storage::prune_result> then) override {
    rooms_.prune_room(what, std::move(then));
  }
  void inbox(storage::inbox_query what, storage::done<storage::inbox_result> then) override {
    rooms_.inbox(std::move(what), std::move(then));
  }
  void release(std::string room) override { rooms_.release(std::move(room)); }

  bool holds(const std::string& room) {
    storage::page_query query;
    query.room = room;
    auto found = storage::status::ok;
    rooms_.page(std::move(query), [&](const storage::page_result& page) { found = page.status; });
    return found == storage::status::ok;
  }

private:
  stage& world_;
  const simulated_store& store_;
  const std::string& node_;
  storage::memory_log rooms_;
};

} // namespace troupe::tests
