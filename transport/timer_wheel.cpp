#include "transport/timer_wheel.hpp"

#include <algorithm>

namespace troupe::transport {

void timer_wheel::link::unlink() noexcept {
  previous->next = next;
  next->previous = previous;
  previous = next = this;
}

void timer_wheel::link::append(link& to) noexcept {
  previous = to.previous;
  next = &to;
  to.previous->next = this;
  to.previous = this;
}

void timer_wheel::schedule(entry& what, std::int64_t due_ms) noexcept {
  what.unlink();
  what.due_slot_ = std::max(due_ms / slot_ms, current_ + 1);
  what.append(slot(what.due_slot_));
}

void timer_wheel::advance(std::int64_t now_ms) {
  const auto target = now_ms / slot_ms;
  // After a long sleep one full turn meets every slot; anything overdue is recognised by its due_slot_.
  const auto first = std::max(current_ + 1, target - static_cast<std::int64_t>(slots) + 1);
  for (auto number = first; number <= target; ++number) {
    current_ = number;
    auto& from = slot(number);
    if (from.alone())
      continue;
    // Entries are moved to a list of their own, because `expired` may cancel any of them or schedule into this slot.
    link due;
    due.append(from);
    from.unlink();
    while (!due.alone()) {
      auto& what = static_cast<entry&>(*due.next);
      what.unlink();
      if (what.due_slot_ <= target)
        what.expired(now_ms);
      else
        what.append(from);
    }
  }
  current_ = std::max(current_, target);
}

std::optional<std::int64_t> timer_wheel::next_ms() const noexcept {
  bool any = false;
  for (std::size_t ahead = 1; ahead <= slots; ++ahead) {
    const auto number = current_ + static_cast<std::int64_t>(ahead);
    const auto& from = slots_[static_cast<std::size_t>(number) % slots];
    for (const auto* one = from.next; one != &from; one = one->next) {
      if (static_cast<const entry*>(one)->due_slot_ <= number)
        return number * slot_ms;
      any = true; // For a later turn: nothing to wake up for.
    }
  }
  return any ? std::optional{(current_ + static_cast<std::int64_t>(slots)) * slot_ms} : std::nullopt;
}

std::int64_t timer_wheel::spread(std::int64_t period_ms) noexcept {
  phase_ += 2654435769u; // 2^32 divided by the golden ratio
  return static_cast<std::int64_t>((static_cast<std::uint64_t>(phase_) * static_cast<std::uint64_t>(period_ms)) >> 32);
}

} // namespace troupe::transport
