#include "tests/support/node_store.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace troupe::tests {

using storage::status;

namespace {

constexpr std::int64_t group_max = 8; ///< Calls of one commit.

} // namespace

// -- the log -------------------------------------------------------------------------------------

node_log::fate node_log::draw_fate() {
  if (!world_.chance.one_in(weather_.lost_one_in))
    return fate::done;
  return world_.chance.one_in(2) ? fate::lost_before : fate::lost_after;
}

void node_log::write(call what) {
  writes_.push_back(std::move(what));
  if (!committing_)
    start_commit();
}

void node_log::start_commit() {
  committing_ = true;
  world_.when.after(world_.chance.between(1, weather_.write_ms_max), [this] {
    if (life_.frozen() && !weather_.goes_on_when_frozen)
      life_.then([this] { commit(); });
    else
      commit();
  });
}

void node_log::commit() {
  std::vector<answer> answers;
  for (auto left = world_.chance.between(1, group_max); left > 0 && !writes_.empty(); --left) {
    const auto what = std::move(writes_.front());
    writes_.pop_front();
    answers.push_back(what());
  }
  world_.when.after(world_.chance.between(0, 2), [this, answers = std::move(answers)] {
    life_.then([this, answers] {
      for (const auto& tell : answers)
        tell();
      committing_ = false;
      if (!writes_.empty())
        start_commit();
    });
  });
}

void node_log::abandon() {
  auto left = world_.chance.below(writes_.size() + 1);
  for (; left > 0 && !writes_.empty(); --left) {
    writes_.front()();
    writes_.pop_front();
  }
  writes_.clear();
}

void node_log::read(std::function<void()> what) {
  world_.when.after(world_.chance.between(1, weather_.read_ms_max),
                    [this, what = std::move(what)] { life_.then(what); });
}

void node_log::open(storage::opening what, storage::done<storage::open_result> then) {
  write([this, fate = draw_fate(), what = std::move(what), then = std::move(then)]() -> answer {
    auto result = fate == fate::lost_before ? storage::open_result{} : store_.open(what);
    if (fate == fate::lost_after)
      result = {};
    return [then, result = std::move(result)] { then(result); };
  });
}

void node_log::append(storage::run what, storage::done<storage::append_result> then) {
  // A test's bug: the ack does not wait for the commit.
  if (storage::planted(storage::plant::ack_before_commit)) {
    write([this, what = std::move(what)]() -> answer {
      store_.append(what);
      return [] {};
    });
    return then({status::ok, {}});
  }
  write([this, fate = draw_fate(), what = std::move(what), then = std::move(then)]() -> answer {
    storage::append_result result;
    if (weather_.full)
      result.status = status::full;
    else if (fate != fate::lost_before)
      result = store_.append(what);
    if (fate != fate::done)
      result = {status::unknown, {}};
    return [then, result = std::move(result)] { then(result); };
  });
}

void node_log::change_member(storage::member_change what, storage::done<status> then) {
  write([this, fate = draw_fate(), what = std::move(what), then = std::move(then)]() -> answer {
    auto result = fate == fate::lost_before ? status::unknown : store_.change_member(what);
    if (fate == fate::lost_after)
      result = status::unknown;
    return [then, result] { then(result); };
  });
}

void node_log::prune_room(storage::prune what, storage::done<storage::prune_result> then) {
  write([this, what = std::move(what), then = std::move(then)]() -> answer {
    return [then, result = store_.prune_room(what)] { then(result); };
  });
}

void node_log::page(storage::page_query what, storage::done<storage::page_result> then) {
  read([this, fails = draw_fate() != fate::done, what = std::move(what), then = std::move(then)] {
    then(fails ? storage::page_result{} : store_.page(what));
  });
}

void node_log::find(std::string room, storage::seq_t seq, storage::done<storage::find_result> then) {
  read([this, fails = draw_fate() != fate::done, room = std::move(room), seq, then = std::move(then)] {
    then(fails ? storage::find_result{} : store_.find(room, seq));
  });
}

void node_log::inbox(storage::inbox_query what, storage::done<storage::inbox_result> then) {
  read([this, what = std::move(what), then = std::move(then)] { then(store_.inbox(what)); });
}

// -- nodes and shards ----------------------------------------------------------------------------

storage::membership_store::entered node_membership::enter(storage::node_row row) {
  if (weather_.members_fail)
    return {0, "the store does not answer"};
  const auto result = store_.enter(std::move(row));
  self_ = result.incarnation;
  return result;
}

bool node_membership::beat(bool draining) {
  if (weather_.members_fail) {
    if (world_.chance.one_in(2))
      store_.beat(self_, draining);
    return false;
  }
  return good_beat_ = store_.beat(self_, draining);
}

std::optional<storage::cluster_seen> node_membership::look() {
  if (weather_.members_fail)
    return std::nullopt;
  return store_.look();
}

std::optional<std::vector<storage::shard_id>> node_membership::change(const std::vector<storage::shard_change>& what) {
  if (weather_.members_fail && world_.chance.one_in(2))
    return std::nullopt;
  auto changed = store_.change(self_, what);
  if (weather_.members_fail)
    return std::nullopt;
  return changed;
}

bool node_membership::pin(storage::shard_id shard, const std::string& node) {
  store_.pin(shard, node);
  return true;
}

bool node_membership::make_sure_dead(const storage::node_row& whom) {
  return !weather_.members_fail && store_.make_sure_dead(whom);
}

bool node_membership::leave() {
  store_.leave(self_);
  return true;
}

bool node_membership::forget(const storage::node_row& whom) { return !weather_.members_fail && store_.forget(whom); }

} // namespace troupe::tests
