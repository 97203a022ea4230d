#include "apps/troupe/prove/run.hpp"

#include "apps/troupe/bench/process_sample.hpp"
#include "apps/troupe/operations/http_call.hpp"
#include "apps/troupe/operations/look_at.hpp"
#include "apps/troupe/operations/render.hpp"
#include "apps/troupe/prove/judge.hpp"
#include "apps/troupe/prove/nodes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <utility>

namespace troupe::prove {

namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto look_every = 100ms;
constexpr auto line_every_on_terminal = 500ms;
constexpr auto line_every = 10s;
constexpr auto memory_every = 5s;
constexpr auto start_within = 60s;
/// Rooms that have not come back by then will not.
constexpr auto alive_within = 60s;
/// For a node that drains, and for one that starts.
constexpr auto node_within = 60s;
constexpr auto settle_within = 120s;
constexpr auto twice_for = 3s;
constexpr auto flap_for = 30s;
constexpr auto flap_after = 1s;
/// The owners of shards have stood still for so long: a node that came back has got its share.
constexpr auto owners_quiet_for = 4s;
constexpr std::size_t silent_shown_max = 3;

std::string run_id() {
  std::random_device random;
  return fmt::format("{:08x}", random());
}

class proof {
public:
  proof(const settings& how, const std::function<bool()>& interrupted)
    : how_(how), interrupted_(interrupted), nodes_(how.data, how.spared), plan_(how.seed, how.faults, how.rooms),
      terminal_(::isatty(STDERR_FILENO) != 0) {
    what_.run = run_id();
    check_that_it_may();
    make_directory();
    gather();
  }

  outcome carry_out() {
    announce();
    for (auto& one : crowds_)
      one->start();
    if (!wait_until([&] { return all_online(); }, start_within))
      what_.troubles.push_back("not every client came online within a minute");
    begun_ = clock::now();
    until_ = begun_ + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(how_.minutes * 60));
    while (what_.troubles.empty() && goes_on())
      hurt(plan_.next());
    nodes_.go_on();
    finish();
    return std::move(what_);
  }

private:
  // -- before -----------------------------------------------------------------------------------

  void check_that_it_may() {
    const bool hurts_nodes = std::any_of(how_.faults.begin(), how_.faults.end(), hits_a_node);
    std::string alone;
    for (const auto& one : nodes_.candidates())
      if (!nodes_.is_supervised(one.name))
        alone += (alone.empty() ? "" : ", ") + one.name;
    if (hurts_nodes && !alone.empty() && !how_.yes)
      throw std::runtime_error(
        "nobody starts " + alone +
        " again: prove would end all nodes but one for good. Use nodes of `troupe cluster`, or say --yes");
    expected_ = nodes_.serving();
    if (expected_ == 0)
      throw std::runtime_error("no node of " + how_.data + " serves");
    if (hurts_nodes && expected_ < 2)
      throw std::runtime_error("one node serves, and it may not be taken away: start more (`troupe cluster --nodes 3`),"
                               " or hurt the clients only (--faults cut,twice)");
  }

  void make_directory() {
    directory_ = how_.keep.empty() ? std::filesystem::temp_directory_path() / ("troupe-prove-" + what_.run)
                                   : std::filesystem::path{how_.keep};
    std::filesystem::create_directories(directory_);
  }

  void gather() {
    const auto endpoints = nodes_.endpoints();
    const auto count = std::max<std::size_t>(1, std::min(how_.crowds, how_.rooms));
    const auto share = [&](std::size_t of, std::size_t i) { return of * (i + 1) / count - of * i / count; };
    for (std::size_t i = 0; i < count; ++i) {
      crowd::options one;
      one.name = fmt::format("prove.{}.{}", what_.run, i);
      one.nodes = endpoints;
      for (std::size_t room = 0; room < share(how_.rooms, i); ++room)
        one.rooms.push_back(fmt::format("prove/{}/{}/{}", how_.seed, what_.run, what_.rooms.size() + room));
      first_room_.push_back(what_.rooms.size());
      what_.rooms.insert(what_.rooms.end(), one.rooms.begin(), one.rooms.end());
      one.senders = share(how_.senders, i);
      one.receivers = share(how_.receivers, i);
      one.rate_per_s = how_.rate_per_s * static_cast<double>(one.senders) / static_cast<double>(how_.senders);
      one.body_bytes = how_.body_bytes;
      one.seed = how_.seed * 1'000'003 + i;
      one.recording = directory_ / fmt::format("crowd-{}.jsonl", i);
      crowds_.push_back(std::make_unique<crowd>(std::move(one)));
    }
  }

  void announce() {
    std::string names;
    for (const auto& one : nodes_.candidates())
      names += fmt::format(" {} ({}{})", one.name, nodes_.pid_of(one.name),
                           nodes_.is_supervised(one.name) ? "" : ", stays away when it is ended");
    say(fmt::format("nodes{}\n{} rooms prove/{}/{}/…, {} senders, {} receivers, {:.0f} sends/s, {:g} min", names,
                    how_.rooms, how_.seed, what_.run, how_.senders, how_.receivers, how_.rate_per_s, how_.minutes));
  }

  // -- waiting ----------------------------------------------------------------------------------

  /// Looks at everything until `done`; false when the time is over or somebody interrupts.
  template <class Done>
  bool wait_until(Done done, clock::duration within) {
    const auto until = clock::now() + within;
    for (;;) {
      look();
      if (done())
        return true;
      if (clock::now() >= until || interrupted_())
        return false;
      std::this_thread::sleep_for(look_every);
    }
  }

  bool wait_for(clock::duration time) {
    wait_until([] { return false; }, time);
    return !interrupted_();
  }

  void look() {
    nodes_.look();
    totals now;
    for (std::size_t i = 0; i < crowds_.size(); ++i)
      now.add(crowds_[i]->look(), first_room_[i]);
    now.clients = how_.senders + how_.receivers;
    now.faults = what_.faults.size();
    what_.last = std::move(now);
    if (clock::now() - memory_read_ >= memory_every)
      read_memory();
    const auto every = terminal_ ? clock::duration{line_every_on_terminal} : clock::duration{line_every};
    if (clock::now() - shown_ < every)
      return;
    shown_ = clock::now();
    const auto line = to_line(what_.last, what_.rooms);
    std::fprintf(stderr, terminal_ ? "\r\033[K%s" : "%s\n", line.c_str());
    std::fflush(stderr);
  }

  /// Nothing is read before the faults begin, while clients still come.
  void read_memory() {
    if (begun_ == clock::time_point{})
      return;
    memory_read_ = clock::now();
    const std::chrono::duration<double> at = memory_read_ - begun_;
    for (const auto& one : nodes_.candidates())
      if (const auto pid = nodes_.pid_of(one.name); one.serves)
        if (const auto kb = bench::sample_memory(pid).total_kb(); kb > 0)
          what_.memory.read(one.name, pid, at.count(), kb);
  }

  void say(const std::string& words) {
    std::fprintf(stderr, "%s%s\n", terminal_ ? "\r\033[K" : "", words.c_str());
    std::fflush(stderr);
  }

  bool all_online() const { return what_.last.online == what_.last.clients; }

  bool goes_on() const {
    return clock::now() < until_ && !interrupted_() && (how_.faults_max == 0 || drawn_ < how_.faults_max);
  }

  /// Every room acks again, and every node that is expected serves.
  void wait_until_well(const std::string& after) {
    const bool well = wait_until([&] { return what_.last.alive && nodes_.serving() >= expected_; }, alive_within);
    if (const auto back_us = last_pause_us(); well && back_us >= 0)
      say(fmt::format("          the last room acked again after {:.2f} s", static_cast<double>(back_us) / 1e6));
    if (well || interrupted_())
      return;
    const auto silent = silent_rooms();
    what_.troubles.push_back(fmt::format("a minute after \"{}\" {} nodes of {} serve, {} rooms do not ack", after,
                                         nodes_.serving(), expected_, silent.size()));
    for (std::size_t i = 0; i < std::min(silent.size(), silent_shown_max); ++i)
      what_.troubles.push_back(why(silent[i]));
  }

  /// They have not acked since the last fault.
  std::vector<std::string> silent_rooms() const {
    std::vector<std::string> rooms;
    for (const auto& row : what_.last.pauses)
      if (row.fault + 1 == what_.faults.size() && row.first_ack_us < 0)
        rooms.push_back(what_.rooms[row.room]);
    return rooms;
  }

  /// What the nodes know of a room, as `troupe why` tells it.
  std::string why(const std::string& room) const {
    for (const auto& node : nodes_.endpoints())
      try {
        return operations::picture_text(operations::look_at(node, room), {});
      } catch (const operations::trouble&) {
        // The next one may answer.
      }
    return room + ": no node answers";
  }

  /// Of the last fault: the longest of all rooms.
  std::int64_t last_pause_us() const {
    std::int64_t longest = -1;
    for (const auto& row : what_.last.pauses)
      if (row.fault + 1 == what_.faults.size())
        longest = std::max(longest, row.first_ack_us);
    return longest;
  }

  // -- faults -----------------------------------------------------------------------------------

  void hurt(const planned_fault& fault) {
    ++drawn_;
    if (!wait_for(std::chrono::milliseconds{fault.pause_ms}) || !goes_on_after_pause())
      return;
    switch (fault.kind) {
    case fault_kind::cut:
      note(fault.kind, "a third of the connections cut");
      for (auto& one : crowds_)
        one->cuts();
      return wait_until_well("cut");
    case fault_kind::twice:
      note(fault.kind, "every message sent twice");
      set_twice(true);
      wait_for(twice_for);
      set_twice(false);
      return wait_until_well("twice");
    case fault_kind::roll: return roll();
    default: break;
    }
    nodes_.look();
    const auto all = nodes_.candidates();
    const auto victim = victim_of(fault, all, nodes_.owner_of(what_.rooms[fault.room]));
    if (!victim)
      return say(fmt::format("{} left out: no other node would serve", word_of(fault.kind)));
    const auto name = all[*victim].name;
    switch (fault.kind) {
    case fault_kind::kill: signal(fault.kind, name, SIGKILL, "kill -9 of " + name); break;
    case fault_kind::freeze3: freeze(fault.kind, name, 3s); break;
    case fault_kind::freeze8: freeze(fault.kind, name, 8s); break;
    case fault_kind::freeze30: freeze(fault.kind, name, 30s); break;
    case fault_kind::drain: drain(fault.kind, name); break;
    case fault_kind::flap: flap(name); break;
    default: break;
    }
    wait_until_well(what_.faults.back());
  }

  bool goes_on_after_pause() const { return clock::now() < until_; }

  void note(fault_kind kind, const std::string& words) {
    what_.faults.emplace_back(words);
    for (auto& one : crowds_)
      one->fault(kind, words);
    const std::chrono::duration<double> at = clock::now() - begun_;
    say(fmt::format("{:6.1f} s  {}", at.count(), words));
  }

  void set_twice(bool now) {
    for (auto& one : crowds_)
      one->sends_twice(now);
  }

  /// Notes it, does it, and counts the node out when nobody starts it again.
  bool signal(fault_kind kind, const std::string& name, int number, const std::string& words) {
    const bool comes_back = number == SIGSTOP || nodes_.is_supervised(name);
    note(kind, fmt::format("{} (process {})", words, nodes_.pid_of(name)));
    const bool sent = nodes_.send(name, number);
    if (!sent)
      say("         it was gone already, or may not be touched");
    else if (!comes_back)
      --expected_;
    return sent;
  }

  void freeze(fault_kind kind, const std::string& name, std::chrono::seconds time) {
    const bool comes_back = nodes_.is_supervised(name);
    const auto before = nodes_.incarnation_of(name);
    signal(kind, name, SIGSTOP, fmt::format("{} stopped for {} s", name, time.count()));
    wait_for(time);
    nodes_.go_on();
    wait_until([&] { return nodes_.incarnation_of(name) != 0 || nodes_.pid_of(name) < 0; }, 5s);
    if (!comes_back && nodes_.incarnation_of(name) != before)
      --expected_;
  }

  void drain(fault_kind kind, const std::string& name) {
    const auto before = nodes_.incarnation_of(name);
    if (!signal(kind, name, SIGTERM, "SIGTERM to " + name))
      return;
    wait_until([&] { return nodes_.incarnation_of(name) != before && nodes_.serving() >= expected_; }, node_within);
  }

  void roll() {
    for (const auto& one : nodes_.candidates()) {
      if (nodes_.serving() < 2 || interrupted_())
        return;
      if (one.spared)
        continue;
      drain(fault_kind::roll, one.name);
      wait_until_well(what_.faults.back());
      wait_until_owners_are_quiet();
    }
  }

  void wait_until_owners_are_quiet() {
    auto last = nodes_.owners();
    auto since = clock::now();
    wait_until(
      [&] {
        if (nodes_.owners() != last)
          last = nodes_.owners(), since = clock::now();
        return clock::now() - since >= owners_quiet_for;
      },
      node_within);
  }

  void flap(const std::string& name) {
    const auto until = clock::now() + flap_for;
    while (clock::now() < until && !interrupted_() && nodes_.serving() >= 2) {
      const auto before = nodes_.incarnation_of(name);
      if (!signal(fault_kind::flap, name, SIGKILL, "kill -9 of " + name))
        return;
      const auto is_back = [&] {
        const auto now = nodes_.incarnation_of(name);
        return now != 0 && now != before;
      };
      if (!wait_until(is_back, node_within) || !wait_for(flap_after))
        return;
    }
  }

  // -- after ------------------------------------------------------------------------------------

  void finish() {
    look();
    const std::chrono::duration<double> took = clock::now() - begun_;
    what_.seconds = took.count();
    say("no more messages; waiting until everybody has everything");
    for (auto& one : crowds_)
      one->stop_sending();
    what_.memory.load_is_over();
    const auto until = clock::now() + settle_within;
    bool whole = false;
    while (!whole && clock::now() < until) {
      std::this_thread::sleep_for(look_every);
      look();
      whole = what_.last.incomplete == 0;
    }
    for (auto& one : crowds_) {
      if (whole)
        one->settled();
      else
        say(one->troubles());
    }
    if (!whole)
      what_.troubles.push_back(
        fmt::format("{} clients did not get everything within two minutes", what_.last.incomplete));
    read_memory();
    say("reading the final history of every room");
    judge(what_, how_.data, crowds_, [this] {
      nodes_.look();
      return nodes_.endpoints();
    });
    if (what_.passed() && how_.keep.empty()) {
      std::error_code ignored;
      std::filesystem::remove_all(directory_, ignored);
      what_.recordings.clear();
    }
  }

  const settings& how_;
  const std::function<bool()>& interrupted_;
  nodes nodes_;
  fault_plan plan_;
  const bool terminal_;
  std::filesystem::path directory_;
  std::vector<std::unique_ptr<crowd>> crowds_;
  std::vector<std::size_t> first_room_; ///< Of each crowd.
  std::size_t expected_ = 0;            ///< Nodes that have to serve when all is well.
  std::size_t drawn_ = 0;
  clock::time_point begun_;
  clock::time_point until_;
  clock::time_point shown_;
  clock::time_point memory_read_;
  outcome what_;
};

} // namespace

outcome run(const settings& how, const std::function<bool()>& interrupted) {
  return proof{how, interrupted}.carry_out();
}

} // namespace troupe::prove
