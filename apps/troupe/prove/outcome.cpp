#include "apps/troupe/prove/outcome.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace troupe::prove {

namespace {

double seconds(std::int64_t us) { return static_cast<double>(us) / 1e6; }

/// 1,234,567
std::string grouped(std::uint64_t number) {
  auto text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), 1, ',');
  return text;
}

/// Parts of the run that memory is told of.
constexpr std::size_t memory_parts = 6;

double mib(std::int64_t kb) { return static_cast<double>(kb) / 1024; }

std::string memory_text(const memory_watch& memory) {
  std::string out = "\nmemory of the nodes, median MiB of each sixth of the run:";
  for (const auto kb : memory.medians(memory_parts))
    out += fmt::format(" {:.1f}", mib(kb));
  out += '\n';
  for (const auto& one : memory.long_lives())
    out += fmt::format(
      "{} (process {}) over {:.0f} min: {:.1f} -> {:.1f} MiB, {:+.2f} % in 10 min, {:+.2f} % in its second half{}\n",
      one.node, one.pid, one.watched_s / 60, mib(one.first_kb), mib(one.last_kb), one.percent_per_10min,
      one.settled_percent_per_10min,
      one.end_kb ? fmt::format("; {:.1f} at rest after it", mib(*one.end_kb)) : std::string{});
  return out;
}

boost::json::object memory_json(const memory_watch& memory) {
  boost::json::array lives;
  for (const auto& one : memory.long_lives())
    lives.push_back(boost::json::object{{"node", one.node},
                                        {"process", one.pid},
                                        {"watched_s", one.watched_s},
                                        {"first_kb", one.first_kb},
                                        {"last_kb", one.last_kb},
                                        {"percent_per_10min", one.percent_per_10min},
                                        {"settled_percent_per_10min", one.settled_percent_per_10min},
                                        {"end_kb", boost::json::value_from(one.end_kb)}});
  return {{"medians_kb", boost::json::value_from(memory.medians(memory_parts))}, {"long_lives", lives}};
}

constexpr std::string_view columns = "     p50     p99     max";

std::string in_columns(const spread& of) {
  return fmt::format("{:>8.2f}{:>8.2f}{:>8.2f}", seconds(of.p50_us), seconds(of.p99_us), seconds(of.max_us));
}

boost::json::object in_ms(const spread& of) {
  return {{"p50", of.p50_us / 1'000}, {"p99", of.p99_us / 1'000}, {"max", of.max_us / 1'000}};
}

} // namespace

void totals::add(const crowd::figures& one, std::size_t first_room, std::size_t first_fault) {
  acked += one.acked;
  refused += one.refused;
  lost += one.lost;
  doubled += one.doubled;
  out_of_order += one.out_of_order;
  online += one.online;
  incomplete += one.incomplete;
  alive = alive && one.alive;
  in_memory = in_memory || one.in_memory;
  for (auto row : one.pauses) {
    row.room += first_room;
    row.fault += first_fault;
    pauses.push_back(row);
  }
}

const room_pause* totals::worst() const {
  const auto found = std::max_element(pauses.begin(), pauses.end(), [](const room_pause& a, const room_pause& b) {
    return a.first_ack_us < b.first_ack_us;
  });
  return found == pauses.end() || found->first_ack_us < 0 ? nullptr : &*found;
}

void merge(checker::verdict& into, const checker::verdict& other) {
  for (const auto& found : other.findings) {
    const auto known = std::find_if(into.findings.begin(), into.findings.end(),
                                    [&](const checker::finding& f) { return f.rule == found.rule; });
    if (known == into.findings.end()) {
      into.findings.push_back(found);
    } else {
      known->count += found.count;
      known->examples.insert(known->examples.end(), found.examples.begin(), found.examples.end());
    }
  }
  auto& n = into.counts;
  const auto& more = other.counts;
  n.events += more.events;
  n.rooms += more.rooms;
  n.connections += more.connections;
  n.sends += more.sends;
  n.acks += more.acks;
  n.duplicates += more.duplicates;
  n.refusals += more.refusals;
  for (const auto& [code, refusals] : more.refusals_by_code)
    n.refusals_by_code[code] += refusals;
  n.unknown += more.unknown;
  n.deliveries += more.deliveries;
  n.gaps += more.gaps;
  n.stored += more.stored;
  n.beyond_log += more.beyond_log;
  n.faults = std::max(n.faults, more.faults);
  n.longest_pause_us = std::max(n.longest_pause_us, more.longest_pause_us);
}

std::string to_line(const totals& now, const std::vector<std::string>& rooms) {
  auto line = fmt::format("acked {} · lost {} · doubled {} · out of order {} · faults {}", grouped(now.acked), now.lost,
                          now.doubled, now.out_of_order, now.faults);
  if (const auto* worst = now.worst())
    line += fmt::format(" · worst pause {:.1f} s (room {})", seconds(worst->first_ack_us), rooms[worst->room]);
  return line;
}

std::string to_text(const settings& how, const outcome& what) {
  std::string out;
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "{}\n", to_line(what.last, what.rooms));
  fmt::format_to(to, "seed {}, run {}, {:.0f} s, {} rooms, {} clients, {} sends refused for good\n", how.seed, what.run,
                 what.seconds, what.rooms.size(), what.last.clients, what.last.refused);
  if (!what.last.pauses.empty())
    fmt::format_to(to,
                   "\n{:<13} fault to first later ack      room stands still       slowest ack, seconds\n"
                   "{:<8} {:>4} {}{}{}\n",
                   "per room,", "fault", "n", columns, columns, columns);
  for (const auto& [kind, sum] : summed_up(what.last.pauses))
    fmt::format_to(to, "{:<8} {:>4} {}{}{}{}\n", word_of(kind), sum.faults, in_columns(sum.first_ack),
                   in_columns(sum.standstill), in_columns(sum.slowest_ack),
                   sum.silent ? fmt::format("   {} rooms gave no ack", sum.silent) : std::string{});
  out += memory_text(what.memory);
  fmt::format_to(to, "\n{}", checker::to_text(what.verdict));
  for (const auto& trouble : what.troubles)
    fmt::format_to(to, "BROKEN  {}\n", trouble);
  for (const auto& file : what.recordings)
    fmt::format_to(to, "recorded {}\n", file);
  fmt::format_to(to, "{}\n", what.passed() ? "nothing that was acked is lost, doubled or out of order" : "NOT PROVED");
  return out;
}

std::string to_json(const settings& how, const outcome& what) {
  namespace json = boost::json;
  json::array pauses;
  for (const auto& [kind, sum] : summed_up(what.last.pauses)) {
    const auto word = word_of(kind);
    pauses.push_back(json::object{{"fault", json::string_view{word.data(), word.size()}},
                                  {"faults", sum.faults},
                                  {"rooms", sum.rooms},
                                  {"silent", sum.silent},
                                  {"first_ack_ms", in_ms(sum.first_ack)},
                                  {"standstill_ms", in_ms(sum.standstill)},
                                  {"slowest_ack_ms", in_ms(sum.slowest_ack)},
                                  {"worst_room", what.rooms[sum.worst_room]}});
  }
  return json::serialize(json::object{{"passed", what.passed()},
                                      {"seed", how.seed},
                                      {"run", what.run},
                                      {"seconds", what.seconds},
                                      {"interrupted", what.interrupted},
                                      {"acked", what.last.acked},
                                      {"refused", what.last.refused},
                                      {"lost", what.last.lost},
                                      {"doubled", what.last.doubled},
                                      {"out_of_order", what.last.out_of_order},
                                      {"faults", json::value_from(what.faults)},
                                      {"pauses", pauses},
                                      {"memory", memory_json(what.memory)},
                                      {"troubles", json::value_from(what.troubles)},
                                      {"recordings", json::value_from(what.recordings)},
                                      {"verdict", json::parse(checker::to_json(what.verdict))}});
}

} // namespace troupe::prove
