// storage/memory_log.hpp
//
// Rooms that need not outlive their owner: a ring of the newest records each.
#pragma once

#include "storage/counters.hpp"
#include "storage/message_log.hpp"

#include <memory>

namespace troupe::storage {

/// The log of rooms with `durability = "memory"`.
///
/// A room holds its newest `opening::ring` records (at least one); a (user, cid) is
/// remembered as long as its record is. A room that is not there, because it is new, was
/// released or the process ended, starts with `fresh_epoch`. Belonging and marks live and
/// end with the room.
///
/// Ordering:   one room's operations take effect in the order of the calls.
/// Threading:  any thread; rooms are spread over locks. `done` is called before the call
///             returns, on the caller's thread, with no lock held.
/// Fence:      a term below the highest that opened the room is refused.
/// Overload:   never; who opens rooms bounds their number.
class memory_log final : public message_log {
public:
  memory_log();
  ~memory_log() override;

  protocol::durability durable() const override { return protocol::durability::memory; }
  void open(opening what, done<open_result> then) override;
  void append(run what, done<append_result> then) override;
  void page(page_query what, done<page_result> then) override;
  void find(std::string room, seq_t seq, done<find_result> then) override;
  void change_member(member_change what, done<status> then) override;
  void prune_room(prune what, done<prune_result> then) override;
  void inbox(inbox_query what, done<inbox_result> then) override;
  void release(std::string room) override;

  const log_counters& counters() const noexcept { return counters_; }

private:
  struct stripe;
  struct inbox_stripe;
  stripe& stripe_of(std::string_view room) const;
  inbox_stripe& inbox_of(std::string_view user) const;
  void drop_from_inbox(const std::string& user, const std::string& room);

  std::unique_ptr<stripe[]> stripes_;
  std::unique_ptr<inbox_stripe[]> inboxes_;
  log_counters counters_;
};

} // namespace troupe::storage
