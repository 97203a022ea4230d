#include "storage/memory_room.hpp"

#include "storage/faults.hpp"

#include <xxhash.h>

#include <algorithm>

namespace troupe::storage {

std::size_t memory_room::sender_hash::operator()(const record* of) const {
  return XXH3_64bits_withSeed(of->cid.data(), of->cid.size(), XXH3_64bits(of->user.data(), of->user.size()));
}

memory_room::memory_room(std::string_view name, const opening& what)
  : epoch_(what.fresh_epoch), term_(what.term), ring_max_(std::max(what.ring, 1u)),
    anchor_(protocol::chain_start(name, what.fresh_epoch)) {}

status memory_room::reopen(const opening& what) {
  if (what.term < term_)
    return status::fenced;
  term_ = what.term;
  ring_max_ = std::max(what.ring, 1u);
  while (ring_.size() > ring_max_)
    drop_oldest();
  return status::ok;
}

room_head memory_room::snapshot(std::uint32_t recent) const {
  room_head head;
  head.epoch = epoch_;
  head.head = newest();
  head.time = ring_.empty() ? 0 : ring_.back().time;
  head.chain = ring_.empty() ? anchor_ : ring_.back().chain;
  head.min = first_;
  head.floor = floor_;
  for (const auto& [user, where] : members_)
    head.members.push_back(row_of(user, where));
  for (const auto& [user, row] : roles_)
    head.roles.push_back(row);
  head.slow_mode_ms = slow_mode_ms_;
  const auto wanted = std::min<std::size_t>(recent, ring_.size());
  head.recent.assign(ring_.end() - static_cast<std::ptrdiff_t>(wanted), ring_.end());
  return head;
}

append_result memory_room::append(const run& what) {
  if (what.term < term_)
    return {status::fenced, {}};
  auto expected = newest();
  if (what.epoch != epoch_ || what.records.empty())
    return {status::seq_mismatch, {}};
  for (const auto& r : what.records)
    if (r.seq != ++expected)
      return {status::seq_mismatch, {}};

  append_result result{status::ok, {}};
  decltype(sent_) of_this_run;
  for (std::uint32_t i = 0; i < what.records.size(); ++i) {
    const auto& r = what.records[i];
    if (r.cid.empty())
      continue;
    if (planted(plant::no_unique_index))
      continue;
    if (const auto known = sent_.find(&r); known != sent_.end())
      result.duplicates.push_back({i, (*known)->seq, (*known)->digest, **known});
    else if (!of_this_run.insert(&r).second)
      result.duplicates.push_back({i, 0, r.digest, {}});
  }
  if (!result.duplicates.empty()) {
    result.status = status::duplicate;
    return result;
  }
  for (const auto& r : what.records)
    put(r);
  change_roles(what.change);
  return result;
}

void memory_room::change_roles(const role_change& what) {
  if (what.slow_mode_ms)
    slow_mode_ms_ = what.slow_mode_ms;
  if (!what.row)
    return;
  if (says_nothing(*what.row))
    roles_.erase(what.row->user);
  else
    roles_.insert_or_assign(what.row->user, *what.row);
  if (what.ends_belonging)
    members_.erase(what.row->user);
}

void memory_room::put(const record& what) {
  ring_.push_back(what);
  if (!what.cid.empty())
    sent_.insert(&ring_.back());
  if (what.kind == "delete")
    erase_body(what.target);
  else if (what.target != 0 && (what.kind == "edit" || what.kind == "reaction"))
    changes_[what.target].push_back(what.seq);
  while (ring_.size() > ring_max_)
    drop_oldest();
}

void memory_room::erase_body(seq_t target) {
  const auto erase = [this](seq_t seq) {
    if (!holds(seq))
      return;
    auto& r = at(seq);
    r.body.clear();
    r.body.shrink_to_fit();
    r.salt = {};
    r.redacted = true;
  };
  erase(target);
  if (const auto all = changes_.find(target); all != changes_.end())
    for (const auto seq : all->second)
      if (holds(seq) && at(seq).kind == "edit")
        erase(seq);
}

void memory_room::drop_oldest() {
  const auto& r = ring_.front();
  if (!r.cid.empty())
    sent_.erase(&r);
  changes_.erase(r.seq);
  if (const auto all = changes_.find(r.target); all != changes_.end()) {
    std::erase(all->second, r.seq);
    if (all->second.empty())
      changes_.erase(all);
  }
  anchor_ = r.chain;
  ++first_;
  ring_.pop_front();
}

const record* memory_room::find(seq_t seq) const { return holds(seq) ? &ring_[seq - first_] : nullptr; }

status memory_room::change(const member_change& what) {
  if (what.term < term_)
    return status::fenced;
  if (what.forget) {
    members_.erase(what.row.user);
    return status::ok;
  }
  auto& where = members_[what.row.user];
  where.role = what.row.role;
  where.read = std::max(where.read, what.row.read);
  where.recv = std::max(where.recv, what.row.recv);
  return status::ok;
}

prune_result memory_room::prune_to(const prune& what) {
  if (what.term < term_)
    return {status::fenced, oldest()};
  floor_ = std::max(floor_, what.floor);
  while (ring_.size() > 1 &&
         ((what.keep_count != 0 && ring_.size() > what.keep_count) || ring_.front().time < what.older_than))
    drop_oldest();
  return {status::ok, oldest()};
}

const standing* memory_room::member(std::string_view user) const {
  const auto found = members_.find(user);
  return found == members_.end() ? nullptr : &found->second;
}

const std::string& memory_room::role_of(std::string_view user, const standing& where) const {
  const auto row = roles_.find(user);
  return row == roles_.end() || row->second.role.empty() ? where.role : row->second.role;
}

digest_bytes memory_room::chain_at(seq_t seq) { return holds(seq) ? at(seq).chain : anchor_; }

void memory_room::read(seq_t from, seq_t to, bool descending, const each_record& each) {
  if (descending) {
    for (auto seq = to; seq >= from && seq != 0; --seq)
      if (!each(at(seq)))
        return;
  } else {
    for (auto seq = from; seq <= to; ++seq)
      if (!each(at(seq)))
        return;
  }
}

void memory_room::changes(seq_t target, seq_t up_to, const each_record& each) {
  const auto all = changes_.find(target);
  if (all == changes_.end())
    return;
  for (const auto seq : all->second)
    if (seq > up_to || (!at(seq).redacted && !each(at(seq))))
      return;
}

} // namespace troupe::storage
