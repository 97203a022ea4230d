#include "tests/model/explorer.hpp"

#include <xxhash.h>

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <unordered_set>

namespace troupe::tests {

std::array<std::uint64_t, 2> fingerprint::hash() const {
  const auto h = XXH3_128bits(bytes_.data(), bytes_.size());
  return {h.low64, h.high64};
}

namespace {

struct position {
  ownership_world world;
  unsigned faults = 0;
  std::size_t story = 0; ///< The step that led here.
};

struct hash_of_hash {
  std::size_t operator()(const std::array<std::uint64_t, 2>& h) const noexcept { return h[0]; }
};

std::array<std::uint64_t, 2> hash_of(const position& p) {
  fingerprint f;
  f.add(p.faults);
  f.add(p.world.now);
  f.add(p.world.store.nodes);
  f.add(p.world.store.shards);
  for (const auto& n : p.world.nodes) {
    f.add(n.is);
    f.add(n.cut_off);
    f.add(n.expired);
    f.add(n.wake);
    if (n.is == process::dead)
      continue;
    f.add(n.core.state());
    f.add(n.calls);
    f.add(n.inbox);
  }
  return f.hash();
}

class search {
public:
  search(const ownership_world& start, const bounds& within) : within_(within), end_(start.now + within.span_ms) {
    told_.emplace_back();
    for (const auto& n : start.nodes)
      names_.push_back(n.core.state().self.node);
    arrive({start, 0, 0});
  }

  exploration run() {
    while (!front_.empty() && found_.broken.empty()) {
      auto here = std::move(front_.front());
      front_.pop_front();
      leave(here);
    }
    return found_;
  }

private:
  struct told {
    std::size_t before = 0;
    time_ms at = 0;
    std::size_t node = 0;
    const char* what = "";
    const char* how = "";
  };

  void arrive(position p) {
    if (!seen_.insert(hash_of(p)).second)
      return;
    if (++found_.states > within_.states_max)
      throw std::runtime_error("more states than were expected");
    if (!p.world.broken.empty())
      return tell(p.world.broken, p.story);
    front_.push_back(std::move(p));
  }

  void tell(const std::string& broken, std::size_t story) {
    if (!found_.broken.empty())
      return;
    found_.broken = broken;
    for (; story != 0; story = told_[story].before)
      found_.story.push_back(std::to_string(told_[story].at) + " " + name(told_[story].node) + ": " +
                             told_[story].what + told_[story].how);
    std::reverse(found_.story.begin(), found_.story.end());
  }

  /// `what` and `how` tell of the step; `faults` is what it costs.
  template <class Step>
  void take(const position& here, unsigned faults, std::size_t node, const char* what, const char* how, Step step) {
    if (here.faults + faults > within_.faults_max || !found_.broken.empty())
      return;
    ++found_.steps;
    auto next = here;
    next.faults += faults;
    step(next.world);
    next.story = told_.size();
    told_.push_back({here.story, here.world.now, node, what, how});
    if (next.faults == within_.faults_max)
      go_on_alone(next.world);
    arrive(std::move(next));
  }

  /// Goes on while there is only one way.
  void go_on_alone(ownership_world& world) {
    const auto& nodes = world.nodes;
    const bool apart = std::any_of(nodes.begin(), nodes.end(), [](const auto& n) {
      return n.is == process::frozen || (n.is == process::running && n.cut_off);
    });
    while (world.broken.empty()) {
      if (const auto node = first_told(world); node < nodes.size()) {
        if (nodes[node].inbox.size() > 1)
          return;
        world.deliver(node);
      } else if (apart || (std::any_of(nodes.begin(), nodes.end(), has_calls) && first_beating(world) == nodes.size()))
        return;
      else if (const auto beating = first_beating(world); beating < nodes.size())
        world.carry_out(beating, *beat_of(nodes[beating]), outcome::good);
      else if (world.now < end_)
        world.advance(within_.step_ms);
      else
        return;
    }
  }

  void leave(const position& here) {
    const auto& nodes = here.world.nodes;
    if (const auto node = first_told(here.world); node < nodes.size())
      return hand_over(here, node);
    if (const auto node = first_beating(here.world); node < nodes.size()) {
      call(here, node, *beat_of(nodes[node]));
      end_freeze_or_cut(here, node);
    } else
      for (std::size_t any = 0; any < nodes.size(); ++any)
        leave_by(here, any);
    const bool slow = std::any_of(nodes.begin(), nodes.end(), [](const auto& n) {
      return n.is == process::running &&
             std::any_of(n.calls.begin(), n.calls.end(), [](const auto& c) { return !c.answered; });
    });
    if (here.world.now < end_)
      take(here, slow, nodes.size(), slow ? "slow" : "time passes", "",
           [&](auto& world) { world.advance(within_.step_ms); });
    else if (!slow)
      recover(here);
  }

  void leave_by(const position& here, std::size_t node) {
    const auto& n = here.world.nodes[node];
    if (n.is == process::frozen)
      take(here, 0, node, "goes on", "", [&](auto& world) { world.carry_on(node); });
    if (n.is != process::running)
      return;
    for (std::size_t i = 0; i < n.calls.size(); ++i)
      call(here, node, i);
    end_freeze_or_cut(here, node);
  }

  void hand_over(const position& here, std::size_t node) {
    for (std::size_t input = 0; input < here.world.nodes[node].inbox.size(); ++input)
      take(here, 0, node, "hears ", kind(here.world.nodes[node].inbox[input]),
           [&](auto& world) { world.deliver(node, input); });
    take(here, 1, node, "freezes", "", [&](auto& world) { world.freeze(node); });
  }

  void call(const position& here, std::size_t node, std::size_t i) {
    const auto& n = here.world.nodes[node];
    const auto& what = n.calls[i].what;
    const auto go = [&](outcome how) { return [&, how](auto& world) { world.carry_out(node, i, how); }; };
    if (n.cut_off && !n.calls[i].answered)
      return take(here, 0, node, kind(what), " fails", go(outcome::failed));
    take(here, 0, node, kind(what), " is carried out", go(outcome::good));
    if (n.calls[i].answered)
      return;
    if (!std::holds_alternative<actors::ownership_does::look>(what)) // That would be the same as a failure.
      take(here, 1, node, kind(what), " loses its answer", go(outcome::lost));
    if (std::holds_alternative<actors::ownership_does::change>(what))
      take(here, 1, node, kind(what), " is given up, and carried out later", go(outcome::late));
  }

  void end_freeze_or_cut(const position& here, std::size_t node) {
    take(here, 1, node, "crashes", "", [&](auto& world) { world.crash(node); });
    take(here, 1, node, "freezes", "", [&](auto& world) { world.freeze(node); });
    const bool off = here.world.nodes[node].cut_off;
    take(here, off ? 0 : 1, node, off ? "reaches" : "loses", " the store",
         [&](auto& world) { world.nodes[node].cut_off = !off; });
  }

  // -- what there is to do ----------------------------------------------------------

  static std::size_t first_told(const ownership_world& world) {
    return static_cast<std::size_t>(
      std::find_if(world.nodes.begin(), world.nodes.end(),
                   [](const auto& n) { return n.is == process::running && !n.inbox.empty(); }) -
      world.nodes.begin());
  }

  static std::size_t first_beating(const ownership_world& world) {
    return static_cast<std::size_t>(std::find_if(world.nodes.begin(), world.nodes.end(), beat_of) -
                                    world.nodes.begin());
  }

  static bool has_calls(const model_node& n) { return n.is == process::running && !n.calls.empty(); }

  static std::optional<std::size_t> beat_of(const model_node& n) {
    for (std::size_t i = 0; n.is == process::running && i < n.calls.size(); ++i)
      if (std::holds_alternative<actors::ownership_does::beat>(n.calls[i].what))
        return i;
    return {};
  }

  /// From here on nothing goes wrong any more.
  void recover(const position& here) {
    if (here.world.served() == here.world.store.shards.size())
      return;
    auto world = here.world;
    for (auto& n : world.nodes)
      n.cut_off = false;
    const auto runs = [](const auto& n) { return n.is == process::running; };
    for (std::size_t node = 0; node < world.nodes.size(); ++node)
      if (world.nodes[node].is == process::frozen && std::none_of(world.nodes.begin(), world.nodes.end(), runs))
        world.carry_on(node);
    world.run_for(within_.recovery_ms_max);
    ++found_.recoveries;
    if (!world.broken.empty())
      tell(world.broken + ", while all is well again", here.story);
    else if (std::any_of(world.nodes.begin(), world.nodes.end(), runs) && world.served() < world.store.shards.size())
      tell("a shard stays without an owner", here.story);
  }

  std::string name(std::size_t node) const { return node < names_.size() ? names_[node] : "the store"; }

  template <class Variant>
  static const char* kind(const Variant& what) {
    static constexpr auto command = {"wake",    "beaten",  "looked",    "changed", "killed",
                                     "settled", "peer_up", "peer_down", "hint",    "drain"};
    static constexpr auto call = {"beat", "look", "change", "kill", "forget"};
    if constexpr (std::is_same_v<Variant, actors::to_ownership::command>)
      return command.begin()[what.index()];
    else
      return call.begin()[what.index()];
  }

  bounds within_;
  time_ms end_;
  exploration found_;
  std::deque<position> front_;
  std::unordered_set<std::array<std::uint64_t, 2>, hash_of_hash> seen_;
  std::vector<told> told_;
  std::vector<std::string> names_;
};

} // namespace

exploration explore(const ownership_world& start, const bounds& within) { return search(start, within).run(); }

} // namespace troupe::tests
