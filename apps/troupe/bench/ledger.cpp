#include "apps/troupe/bench/ledger.hpp"

namespace troupe::bench {

ledger::totals& ledger::totals::operator+=(const totals& other) noexcept {
  arrived += other.arrived;
  lost += other.lost;
  duplicates += other.duplicates;
  disordered += other.disordered;
  invented += other.invented;
  return *this;
}

ledger::verdict ledger::observe_out_of_order(std::size_t stream, std::uint32_t number) {
  auto& next = next_[stream];
  if (number > next) {
    if (holes_.size() >= holes_max) {
      const auto first = holes_.begin();
      sums_.lost += first->second - first->first.second;
      holes_.erase(first);
    }
    holes_.emplace(std::pair{stream, next}, number);
    next = number + 1;
    ++sums_.arrived;
    return verdict::next;
  }
  auto hole = holes_.upper_bound({stream, number});
  if (hole == holes_.begin() || (--hole)->first.first != stream || number >= hole->second) {
    ++sums_.duplicates;
    return verdict::duplicate;
  }
  const auto first = hole->first.second;
  const auto end = hole->second;
  holes_.erase(hole);
  if (first < number)
    holes_.emplace(std::pair{stream, first}, number);
  if (number + 1 < end)
    holes_.emplace(std::pair{stream, number + 1}, end);
  ++sums_.arrived;
  ++sums_.disordered;
  return verdict::late;
}

void ledger::settle(std::size_t stream, std::uint32_t sent) {
  const auto seen = next_[stream] - 1;
  if (seen < sent)
    sums_.lost += sent - seen;
  else
    sums_.invented += seen - sent;
  for (auto hole = holes_.lower_bound({stream, 0}); hole != holes_.end() && hole->first.first == stream;) {
    sums_.lost += hole->second - hole->first.second;
    hole = holes_.erase(hole);
  }
}

} // namespace troupe::bench
