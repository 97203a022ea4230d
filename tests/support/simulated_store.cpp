#include "tests/support/simulated_store.hpp"

#include "tests/support/room_history.hpp"

#include <algorithm>
#include <utility>

namespace troupe::tests {

using storage::status;

namespace {

/// The rooms below have a fence of their own, which must not stand in for ours.
constexpr storage::term_t any_term = 1;
/// They keep everything.
constexpr std::uint32_t ring = 1u << 20;
constexpr std::int64_t ttl_ms = 5'000;

} // namespace

simulated_store::simulated_store(stage& world, kind how) : world_(world), kind_(how), shards_(storage::shard_count) {}

// -- rooms -------------------------------------------------------------------------------------

bool simulated_store::holds(const std::string& room, storage::term_t term) const {
  return storage::planted(storage::plant::no_fence) || (term != 0 && shard_of(room).term == term);
}

storage::open_result simulated_store::open(storage::opening what) {
  if (!holds(what.room, what.term))
    return {status::fenced, {}};
  const auto& terms = terms_[what.room];
  const bool taken_over = !terms.empty() && terms.back() != what.term;
  // "At most so many": a new owner may be told of few, and has to ask for what it does not remember.
  if (taken_over)
    what.recent = static_cast<std::uint32_t>(world_.chance.one_in(2) ? world_.chance.between(0, 8) : what.recent);
  if (taken_over && storage::planted(storage::plant::no_unique_index))
    what.recent = 0;
  what.term = any_term;
  what.ring = ring;
  storage::open_result result;
  rooms_.open(std::move(what), [&](storage::open_result got) { result = std::move(got); });
  return result;
}

storage::append_result simulated_store::append(storage::run what) {
  if (!holds(what.room, what.term))
    return {status::fenced, {}};
  const auto room = what.room;
  auto& terms = terms_[room];
  const auto count = what.records.size();
  const auto term = std::exchange(what.term, any_term);
  storage::append_result result;
  rooms_.append(std::move(what), [&](storage::append_result got) { result = std::move(got); });
  if (result.status == status::ok) {
    note_write(room, term);
    terms.insert(terms.end(), count, term);
  }
  return result;
}

/// Something of a room was written: its owner did it.
void simulated_store::note_write(const std::string& room, storage::term_t term) {
  if (const auto& row = shard_of(room); row.term != term)
    world_.breach("{} is stored under term {}, when {} owns it under term {}", room, term, row.owner, row.term);
}

storage::page_result simulated_store::page(const storage::page_query& what) {
  storage::page_result result;
  rooms_.page(what, [&](storage::page_result got) { result = std::move(got); });
  return result;
}

storage::find_result simulated_store::find(const std::string& room, storage::seq_t seq) {
  storage::find_result result;
  rooms_.find(room, seq, [&](auto got) { result = std::move(got); });
  return result;
}

status simulated_store::change_member(storage::member_change what) {
  if (!holds(what.room, what.term))
    return status::fenced;
  const auto room = what.room;
  const auto term = std::exchange(what.term, any_term);
  auto result = status::unknown;
  rooms_.change_member(std::move(what), [&](status got) { result = got; });
  if (result == status::ok)
    note_write(room, term);
  return result;
}

storage::prune_result simulated_store::prune_room(storage::prune what) {
  if (!holds(what.room, what.term))
    return {status::fenced, 1};
  what.term = any_term;
  storage::prune_result result;
  rooms_.prune_room(std::move(what), [&](storage::prune_result got) { result = got; });
  return result;
}

storage::inbox_result simulated_store::inbox(const storage::inbox_query& what) {
  storage::inbox_result result;
  rooms_.inbox(what, [&](storage::inbox_result got) { result = std::move(got); });
  return result;
}

storage::seq_t simulated_store::head_of(const std::string& room) const {
  const auto i = terms_.find(room);
  return i == terms_.end() ? 0 : i->second.size();
}

void simulated_store::tell(checker::event_sink& into) {
  for (const auto& [room, terms] : terms_) {
    append_room_history(rooms_, room, into);
    for (std::size_t i = 0; i < terms.size(); ++i) {
      checker::event what;
      what.ev = checker::happening::term;
      what.room = room;
      what.seq = i + 1;
      what.term = terms[i];
      into.append(std::move(what));
    }
  }
}

// -- nodes and shards ----------------------------------------------------------------------------

storage::membership_store::entered simulated_store::enter(storage::node_row row) {
  const auto now = world_.when.now();
  for (const auto& other : nodes_)
    if (other.row.node == row.node && !is_gone(other.row.incarnation) &&
        (kind_ == kind::embedded || other.beat + ttl_ms > now))
      return {0, "a node of this name is there"};
  std::erase_if(nodes_, [&](const auto& other) { return other.row.node == row.node; });
  row.incarnation = ++starts_;
  nodes_.push_back({row, now, false, false});
  std::sort(nodes_.begin(), nodes_.end(), [](const auto& a, const auto& b) { return a.row.node < b.row.node; });
  return {row.incarnation, {}};
}

bool simulated_store::beat(storage::incarnation_t who, bool draining) {
  for (auto& node : nodes_)
    if (node.row.incarnation == who) {
      node.beat = world_.when.now();
      node.draining = draining;
      return true;
    }
  // A file that nobody reads any more can still be written.
  return kind_ == kind::embedded;
}

storage::cluster_seen simulated_store::look() const {
  storage::cluster_seen seen{world_.when.now(), nodes_, shards_};
  for (auto& node : seen.nodes)
    node.gone = is_gone(node.row.incarnation);
  return seen;
}

std::vector<storage::shard_id> simulated_store::change(storage::incarnation_t by,
                                                       const std::vector<storage::shard_change>& what) {
  std::vector<storage::shard_id> changed;
  std::map<std::pair<std::string, std::string>, unsigned> moved;
  for (const auto& one : what) {
    auto& row = shards_[one.shard];
    if (row.term != one.term)
      continue;
    if (row.incarnation != by && row.incarnation != one.incarnation)
      passes(one.shard, row, one);
    ++moved[{row.owner, one.owner}];
    for (const auto& [room, terms] : terms_)
      if (storage::shard_of(room) == one.shard)
        world_.trace("{} goes from {} to {} under term {}", room, row.owner, one.owner, one.term + 1);
    row.owner = one.owner;
    row.incarnation = one.incarnation;
    ++row.term;
    changed.push_back(one.shard);
  }
  for (const auto& [way, count] : moved)
    world_.trace("{} shards go from {} to {}", count, way.first.empty() ? "nobody" : way.first, way.second);
  return changed;
}

void simulated_store::pin(storage::shard_id shard, const std::string& node) { shards_[shard].pinned = node; }

bool simulated_store::make_sure_dead(const storage::node_row& whom) {
  if (kind_ == kind::embedded)
    kill(whom.incarnation);
  return true;
}

void simulated_store::leave(storage::incarnation_t who) {
  std::erase_if(nodes_, [&](const auto& node) { return node.row.incarnation == who; });
}

bool simulated_store::forget(const storage::node_row& whom) {
  for (const auto& row : shards_)
    if (row.owner == whom.node && row.incarnation == whom.incarnation)
      return false;
  if (kind_ == kind::embedded && runs(whom.incarnation))
    return false;
  leave(whom.incarnation);
  return true;
}

} // namespace troupe::tests
