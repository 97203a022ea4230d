// The half of `driver` that makes load and checks what comes of it.
#include "apps/troupe/bench/driver.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

namespace troupe::bench {

namespace {

/// A generator that is late sends at most this many before it reads again.
constexpr int burst_max = 256;

} // namespace

bool driver::measured(std::int64_t scheduled_ns) const noexcept {
  return scheduled_ns >= board_.measure_from_ns.load(std::memory_order_relaxed) &&
         scheduled_ns < board_.measure_to_ns.load(std::memory_order_relaxed);
}

driver::sender* driver::sender_of(const connection& c) {
  const auto at = sender_at_[c.index - first_];
  return at < senders_.size() ? &senders_[at] : nullptr;
}

// -- sending ----------------------------------------------------------------------

void driver::send_one(sender& s, std::int64_t scheduled_ns) {
  auto& c = connections_[s.connection];
  if (c.at != phase::ready)
    return;
  auto& sent = board_.sent[s.global];
  const auto number = sent.load(std::memory_order_relaxed) + 1;
  if (board_.window_each != 0)
    board_.remaining_of(s.global, number).store(layout_.audience(), std::memory_order_relaxed);
  sent.store(number, std::memory_order_release);
  if (settings_.dialect == speech::troupe)
    s.scheduled.push_back(scheduled_ns);
  dialect_->send(c, stamp{layout_.run, c.room, c.seat, number, scheduled_ns});
  ++sent_here_;
  flush_later(c);
}

void driver::send_due() {
  if (senders_.empty())
    return;
  const auto from = board_.sending_from_ns.load(std::memory_order_relaxed);
  for (int i = 0; i < burst_max; ++i) {
    const auto due = from + static_cast<std::int64_t>(static_cast<double>(next_message_) * interval_ns_);
    if (due > now_ns_)
      return;
    if (measured(due))
      behind_.add(now_ns_ - due);
    send_one(senders_[next_message_++ % senders_.size()], due);
  }
}

void driver::send_freed() {
  if (!window_open_) {
    window_open_ = true;
    for (std::uint32_t i = 0; i < senders_.size(); ++i) {
      senders_[i].awake = true;
      freed_.push_back(i);
    }
  }
  for (const auto i : freed_) {
    auto& s = senders_[i];
    s.awake = false;
    auto number = board_.sent[s.global].load(std::memory_order_relaxed);
    while (s.done < number && board_.remaining_of(s.global, s.done + 1).load(std::memory_order_acquire) == 0)
      ++s.done;
    for (; number - s.done < board_.window_each; ++number)
      send_one(s, now_ns_);
  }
  freed_.clear();
}

// -- what comes back --------------------------------------------------------------

void driver::delivered(connection& c, const stamp& what) {
  if (what.run != layout_.run)
    return; // The history of an earlier run.
  if (what.room != c.room || what.sender >= layout_.senders || what.number == 0 ||
      (!layout_.joins && what.sender != c.seat)) {
    ++misdelivered_;
    return;
  }
  count(c, what.sender, what.number, what.scheduled_ns);
}

void driver::acked(connection& c, std::uint32_t number) {
  auto* s = sender_of(c);
  if (s == nullptr || number > board_.sent[s->global].load(std::memory_order_relaxed)) {
    ++misdelivered_;
    return;
  }
  std::int64_t scheduled_ns = 0;
  if (number > s->acked) {
    for (; s->acked < number; ++s->acked) {
      scheduled_ns = s->scheduled.front();
      s->scheduled.pop_front();
    }
  }
  count(c, c.seat, number, scheduled_ns);
}

void driver::count(connection& c, std::uint32_t seat, std::uint32_t number, std::int64_t scheduled_ns) {
  const auto stream = c.first_stream + (layout_.joins ? seat : 0);
  if (ledger_.observe(stream, number) == ledger::verdict::duplicate)
    return;
  if (measured(scheduled_ns))
    (seat == c.seat ? to_sender_ : to_others_).add(now_ns_ - scheduled_ns);
  if (board_.window_each != 0)
    complete(layout_.sender_index(c.room, seat), number);
}

void driver::complete(std::uint32_t global, std::uint32_t number) {
  if (board_.remaining_of(global, number).fetch_sub(1, std::memory_order_acq_rel) == 1)
    wake(global);
}

void driver::refused(connection& c, std::uint32_t number, std::string_view answer) {
  refused_.store(refused_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  board_.complain(answer);
  if (auto* s = sender_of(c); s != nullptr && board_.window_each != 0) {
    board_.remaining_of(s->global, number).store(0, std::memory_order_release);
    wake(s->global);
  }
}

void driver::gapped(connection&) { ++gaps_; }

/// A message of sender `global` has reached everybody: its driver may send the next.
void driver::wake(std::uint32_t global) {
  const auto index = layout_.connection_of(global);
  if (owns(index)) {
    const auto at = sender_at_[index - first_];
    if (!senders_[at].awake) {
      senders_[at].awake = true;
      freed_.push_back(at);
    }
    return;
  }
  for (const auto& other : all_) {
    if (!other->owns(index))
      continue;
    {
      const std::lock_guard lock{other->wakes_mutex_};
      other->wakes_.push_back(global);
    }
    eventfd_write(other->bell_, 1);
    return;
  }
}

void driver::take_wakes() {
  eventfd_t rings = 0;
  eventfd_read(bell_, &rings);
  std::vector<std::uint32_t> mine;
  {
    const std::lock_guard lock{wakes_mutex_};
    mine.swap(wakes_);
  }
  for (const auto global : mine)
    wake(global);
}

void driver::settle() {
  if (layout_.senders == 0)
    return;
  for (const auto& c : connections_) {
    if (!layout_.joins) {
      ledger_.settle(c.first_stream, board_.sent[layout_.sender_index(c.room, c.seat)].load());
      continue;
    }
    for (std::uint32_t seat = 0; seat < layout_.senders; ++seat)
      ledger_.settle(c.first_stream + seat, board_.sent[layout_.sender_index(c.room, seat)].load());
  }
}

} // namespace troupe::bench
