// storage/memory_room.hpp
//
// One room of `memory_log`.
#pragma once

#include "storage/folding.hpp"
#include "storage/message_log.hpp"

#include <deque>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace troupe::storage {

/// A ring of records with what belongs to it.
///
/// Threading: none of its own; `memory_log` holds the lock.
class memory_room final : public page_source {
public:
  memory_room(std::string_view name, const opening& what);
  memory_room(memory_room&&) = default; // and no copy: the keys of `sent_` point into the ring

  /// What a later `open` changes: the term rises, the ring may be resized.
  status reopen(const opening& what);
  room_head snapshot(std::uint32_t recent) const;
  append_result append(const run& what);
  const record* find(seq_t seq) const;
  status change(const member_change& what);
  prune_result prune_to(const prune& what);
  const standing* member(std::string_view user) const;
  /// What a moderator has made of the user, or else what they came with.
  const std::string& role_of(std::string_view user, const standing& where) const;
  const std::map<std::string, standing, std::less<>>& members() const { return members_; }

  // -- page_source ----------------------------------------------------------------
  seq_t head() override { return newest(); }
  seq_t min() override { return oldest(); }
  digest_bytes chain_at(seq_t seq) override;
  void read(seq_t from, seq_t to, bool descending, const each_record& each) override;
  void changes(seq_t target, seq_t up_to, const each_record& each) override;

private:
  /// Records by (user, cid). Elements of a deque stay where they are while others are
  /// added and removed at its ends, so the ring's own are the keys.
  struct sender_hash {
    std::size_t operator()(const record* of) const;
  };
  struct same_sender {
    bool operator()(const record* a, const record* b) const { return a->cid == b->cid && a->user == b->user; }
  };

  seq_t newest() const { return first_ + ring_.size() - 1; }
  seq_t oldest() const { return first_; }
  record& at(seq_t seq) { return ring_[seq - first_]; }
  bool holds(seq_t seq) const { return seq >= first_ && seq - first_ < ring_.size(); }
  void put(const record& what);
  void change_roles(const role_change& what);
  void erase_body(seq_t target);
  void drop_oldest();

  std::string epoch_;
  term_t term_ = 0;
  std::size_t ring_max_;
  time_ms floor_ = 0;
  digest_bytes anchor_; ///< The chain before `first_`.
  seq_t first_ = 1;     ///< Of the ring; newest + 1 while it is empty.
  std::deque<record> ring_;
  std::unordered_set<const record*, sender_hash, same_sender> sent_; ///< Those of the ring that have a cid.
  std::unordered_map<seq_t, std::vector<seq_t>> changes_;            ///< target to edits and reactions, ascending
  std::map<std::string, standing, std::less<>> members_;
  std::map<std::string, role_row, std::less<>> roles_;
  std::optional<std::int64_t> slow_mode_ms_;
};

} // namespace troupe::storage
