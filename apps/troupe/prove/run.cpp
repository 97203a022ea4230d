#include "apps/troupe/prove/run.hpp"

#include "apps/troupe/bench/process_sample.hpp"
#include "apps/troupe/operations/http_call.hpp"
#include "apps/troupe/operations/look_at.hpp"
#include "apps/troupe/operations/render.hpp"
#include "apps/troupe/prove/chapter.hpp"
#include "apps/troupe/prove/nodes.hpp"
#include "apps/troupe/prove/preconditions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
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
/// A room leaves memory a minute after its last member, and the relay before it; the clock lets go of them a minute later.
constexpr auto at_rest_after = 150s;
constexpr std::size_t silent_shown_max = 3;

std::string run_id() {
  std::random_device random;
  return fmt::format("{:08x}", random());
}

class proof {
public:
  proof(const settings& how, const std::function<bool()>& interrupted)
    : how_(how), interrupted_(interrupted), nodes_(how.data, how.spared, how.yes),
      plan_(how.seed, how.faults, how.rooms), terminal_(::isatty(STDERR_FILENO) != 0) {
    what_.run = run_id();
    expected_ = check_nodes(nodes_, how_);
    check_load(nodes_, how_, what_.run);
    make_directory();
  }

  outcome carry_out() {
    announce();
    begun_ = clock::now();
    const auto count = std::max(1.0, std::ceil(how_.minutes / how_.chapter_minutes));
    const auto length =
      std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(how_.minutes * 60 / count));
    for (std::size_t number = 0; static_cast<double>(number) < count && goes_on(); ++number)
      tell(number, length, static_cast<double>(number) + 1 == count);
    look_at_rest();
    check_that_something_came();
    what_.verdict.counts.faults = what_.faults.size(); // Each crowd saw those of its chapter.
    what_.interrupted = interrupted_();
    std::error_code ignored;
    if (how_.keep.empty())
      std::filesystem::remove(directory_, ignored); // When nothing is left in it.
    return std::move(what_);
  }

private:
  // -- before -----------------------------------------------------------------------------------

  void make_directory() {
    directory_ = how_.keep.empty() ? std::filesystem::temp_directory_path() / ("troupe-prove-" + what_.run)
                                   : std::filesystem::path{how_.keep};
    if (std::filesystem::exists(directory_) && !std::filesystem::is_empty(directory_))
      throw std::runtime_error(directory_.string() + " is not empty: name a new directory with --keep");
    std::filesystem::create_directories(directory_);
  }

  void announce() {
    std::string names;
    for (const auto& one : nodes_.candidates())
      names += fmt::format(" {} ({}{})", one.name, nodes_.pid_of(one.name),
                           one.spared                       ? ", spared"
                           : nodes_.is_supervised(one.name) ? ""
                                                            : ", stays away when it is ended");
    say(fmt::format("nodes{}\n{} rooms prove/{}/{}/…, {} senders, {} receivers, {:.0f} sends/s, {:g} min", names,
                    how_.rooms, how_.seed, what_.run, how_.senders, how_.receivers, how_.rate_per_s, how_.minutes));
  }

  // -- a chapter --------------------------------------------------------------------------------

  void tell(std::size_t number, clock::duration length, bool last) {
    before_ = what_.last;
    before_.online = before_.incomplete = before_.clients = 0;
    nodes_.look();
    chapter_.emplace(how_, what_.run, number, what_.rooms.size(), what_.faults.size(), nodes_.endpoints(), directory_);
    what_.rooms.insert(what_.rooms.end(), chapter_->rooms().begin(), chapter_->rooms().end());
    chapter_->start();
    if (!wait_until([&] { return what_.last.online == what_.last.clients; }, start_within) && !interrupted_())
      what_.troubles.push_back("not every client came online within a minute");
    const auto started = clock::now();
    until_ = started + length;
    while (clock::now() < until_ && goes_on())
      hurt(plan_.next());
    nodes_.go_on();
    const std::chrono::duration<double> took = clock::now() - started;
    what_.seconds += took.count();
    settle(last);
    say(last ? "reading the final history of every room"
             : fmt::format("chapter {} is over: reading the history of its rooms, and judging it", number + 1));
    chapter_->judge(what_, [this] {
      nodes_.look();
      return nodes_.endpoints();
    });
    chapter_.reset();
  }

  bool goes_on() const {
    return what_.passed() && !interrupted_() && (how_.faults_max == 0 || drawn_ < how_.faults_max);
  }

  void settle(bool last) {
    look();
    say("no more messages; waiting until everybody has everything");
    chapter_->stop_sending();
    if (last)
      what_.memory.load_is_over();
    const auto until = clock::now() + settle_within;
    bool whole = false;
    while (!whole && clock::now() < until) {
      std::this_thread::sleep_for(look_every);
      look();
      whole = what_.last.incomplete == 0;
    }
    if (whole) {
      chapter_->settled();
    } else {
      say(chapter_->troubles());
      what_.troubles.push_back(
        fmt::format("{} clients did not get everything within two minutes", what_.last.incomplete));
    }
  }

  /// What a node keeps of a load when everybody has left.
  void look_at_rest() {
    if (what_.memory.long_lives().empty() || !what_.passed() || interrupted_())
      return;
    say(fmt::format("everybody has left; waiting {} s until the nodes are at rest", at_rest_after.count()));
    const auto until = clock::now() + at_rest_after;
    while (clock::now() < until && !interrupted_())
      std::this_thread::sleep_for(look_every);
    nodes_.look();
    read_memory();
  }

  /// A run in which nothing happened proves nothing.
  void check_that_something_came() {
    if (what_.faults.empty())
      what_.troubles.push_back("no fault came: nothing was tried. Let it run longer, or name other --faults");
    if (what_.last.acked == 0)
      what_.troubles.push_back("no message was acked");
    if (what_.last.lost + what_.last.doubled + what_.last.out_of_order > 0)
      what_.troubles.push_back("clients were told different things of the same numbers (the first line counts them)");
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
    auto now = before_;
    chapter_->add_to(now);
    now.clients = how_.senders + how_.receivers;
    now.faults = what_.faults.size();
    what_.last = std::move(now);
    if (what_.last.in_memory && what_.troubles.empty())
      what_.troubles.push_back(
        "the nodes keep these rooms in memory (durability memory), which ends with them: there is "
        "nothing to prove");
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

  void read_memory() {
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
    if (!wait_for(std::chrono::milliseconds{fault.pause_ms}) || clock::now() >= until_)
      return;
    switch (fault.kind) {
    case fault_kind::cut:
      note(fault.kind, "a third of the connections cut");
      chapter_->cuts();
      return wait_until_well("cut");
    case fault_kind::twice:
      note(fault.kind, "every message sent twice");
      chapter_->sends_twice(true);
      wait_for(twice_for);
      chapter_->sends_twice(false);
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
    case fault_kind::kill2:
      if (const auto second = second_victim_of(fault, all, *victim)) {
        signal(fault.kind, name, SIGKILL, "kill -9 of " + name);
        signal(fault.kind, all[*second].name, SIGKILL, "kill -9 of " + all[*second].name);
        break;
      }
      return say("kill2 left out: no other node would serve");
    default: break;
    }
    if (!what_.faults.empty())
      wait_until_well(what_.faults.back());
  }

  void note(fault_kind kind, const std::string& words) {
    what_.faults.emplace_back(words);
    chapter_->fault(kind, words);
    const std::chrono::duration<double> at = clock::now() - begun_;
    say(fmt::format("{:6.1f} s  {}", at.count(), words));
  }

  /// Notes it, does it, and counts the node out when nobody starts it again.
  bool signal(fault_kind kind, const std::string& name, int number, const std::string& words) {
    const bool comes_back = number == SIGSTOP || nodes_.is_supervised(name);
    if (!nodes_.send(name, 0)) {
      say(fmt::format("          {} left out: the process is gone already, or may not be touched", words));
      return false;
    }
    note(kind, fmt::format("{} (process {})", words, nodes_.pid_of(name)));
    if (nodes_.send(name, number) && !comes_back)
      --expected_;
    return true;
  }

  void freeze(fault_kind kind, const std::string& name, std::chrono::seconds time) {
    const bool comes_back = nodes_.is_supervised(name);
    const auto before = nodes_.incarnation_of(name);
    if (!signal(kind, name, SIGSTOP, fmt::format("{} stopped for {} s", name, time.count())))
      return;
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
      if (!what_.faults.empty())
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

  const settings& how_;
  const std::function<bool()>& interrupted_;
  nodes nodes_;
  fault_plan plan_;
  const bool terminal_;
  std::filesystem::path directory_;
  std::optional<chapter> chapter_; ///< The one under way.
  totals before_;                  ///< Of the chapters before it.
  std::size_t expected_ = 0;       ///< Nodes that have to serve when all is well.
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
