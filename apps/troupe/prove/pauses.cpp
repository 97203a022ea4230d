#include "apps/troupe/prove/pauses.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace troupe::prove {

namespace {

spread spread_of(std::vector<std::int64_t>& values) {
  if (values.empty())
    return {};
  std::sort(values.begin(), values.end());
  const auto at = [&](double q) {
    return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1) + 0.5)];
  };
  return {at(0.5), at(0.99), values.back()};
}

} // namespace

void pauses::fault(fault_kind kind, std::int64_t now_us) {
  for (std::size_t room = 0; room < answered_.size(); ++room)
    rows_.push_back({faults_.size(), kind, room});
  faults_.push_back({kind, now_us});
}

void pauses::acked(std::size_t room, std::int64_t issued_us, std::int64_t now_us) {
  const auto due_us = std::max(issued_us, std::exchange(last_ack_us_[room], now_us));
  if (faults_.empty())
    return;
  auto& answered = answered_[room];
  for (; answered < faults_.size() && faults_[answered].at_us <= issued_us; ++answered)
    rows_[answered * answered_.size() + room].first_ack_us = now_us - faults_[answered].at_us;
  auto& row = rows_[(faults_.size() - 1) * answered_.size() + room];
  row.standstill_us = std::max(row.standstill_us, now_us - due_us);
  row.slowest_ack_us = std::max(row.slowest_ack_us, now_us - issued_us);
}

bool pauses::all_alive() const {
  return std::all_of(answered_.begin(), answered_.end(), [&](std::size_t n) { return n == faults_.size(); });
}

std::map<fault_kind, pause_summary> summed_up(const std::vector<room_pause>& rows) {
  struct samples {
    std::vector<std::int64_t> first, standstill, slowest;
    std::set<std::size_t> faults;
  };
  std::map<fault_kind, samples> of;
  std::map<fault_kind, pause_summary> all;
  for (const auto& row : rows) {
    auto& s = of[row.kind];
    auto& sum = all[row.kind];
    s.faults.insert(row.fault);
    ++sum.rooms;
    if (row.first_ack_us < 0)
      ++sum.silent;
    else
      s.first.push_back(row.first_ack_us);
    if (row.first_ack_us > sum.first_ack.max_us)
      sum.first_ack.max_us = row.first_ack_us, sum.worst_room = row.room;
    if (row.slowest_ack_us >= 0) {
      s.standstill.push_back(row.standstill_us);
      s.slowest.push_back(row.slowest_ack_us);
    }
  }
  for (auto& [kind, sum] : all) {
    auto& s = of[kind];
    sum.faults = s.faults.size();
    sum.first_ack = spread_of(s.first);
    sum.standstill = spread_of(s.standstill);
    sum.slowest_ack = spread_of(s.slowest);
  }
  return all;
}

} // namespace troupe::prove
