#include "apps/troupe/prove/fault_plan.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace troupe::prove {

namespace {

struct kind_facts {
  std::string_view word;
  int weight; ///< 0: only when it is named.
};

constexpr std::array facts = {
  kind_facts{"kill", 4}, kind_facts{"freeze3", 2}, kind_facts{"freeze8", 2}, kind_facts{"freeze30", 0},
  kind_facts{"cut", 2},  kind_facts{"twice", 1},   kind_facts{"drain", 2},   kind_facts{"roll", 0},
  kind_facts{"flap", 0}, kind_facts{"kill2", 0},
};

constexpr std::int64_t pause_ms_min = 1'000;
constexpr std::int64_t pause_ms_max = 4'000;

} // namespace

std::string_view word_of(fault_kind what) { return facts[static_cast<std::size_t>(what)].word; }

std::optional<fault_kind> fault_named(std::string_view word) {
  for (std::size_t i = 0; i < facts.size(); ++i)
    if (facts[i].word == word)
      return static_cast<fault_kind>(i);
  return std::nullopt;
}

bool hits_a_node(fault_kind what) { return what != fault_kind::cut && what != fault_kind::twice; }

std::vector<fault_kind> usual_faults() {
  std::vector<fault_kind> kinds;
  for (std::size_t i = 0; i < facts.size(); ++i)
    kinds.insert(kinds.end(), static_cast<std::size_t>(facts[i].weight), static_cast<fault_kind>(i));
  return kinds;
}

fault_plan::fault_plan(std::uint64_t seed, std::vector<fault_kind> kinds, std::size_t rooms)
  : random_(seed), kinds_(std::move(kinds)), rooms_(rooms) {}

planned_fault fault_plan::next() {
  planned_fault what;
  what.kind = kinds_[random_() % kinds_.size()];
  what.at_owner = random_() % 4 != 0;
  what.room = random_() % rooms_;
  what.draw = random_();
  what.pause_ms = pause_ms_min + static_cast<std::int64_t>(random_() % (pause_ms_max - pause_ms_min + 1));
  return what;
}

std::optional<std::size_t> victim_of(const planned_fault& what, const std::vector<candidate>& nodes,
                                     std::string_view owner_of_room) {
  std::size_t serving = 0;
  std::vector<std::size_t> exposed;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (nodes[i].serves) {
      ++serving;
      if (!nodes[i].spared)
        exposed.push_back(i);
    }
  if (serving < 2 || exposed.empty())
    return std::nullopt;
  if (what.at_owner)
    for (const auto i : exposed)
      if (nodes[i].name == owner_of_room)
        return i;
  return exposed[what.draw % exposed.size()];
}

std::optional<std::size_t> second_victim_of(const planned_fault& what, std::vector<candidate> nodes,
                                            std::size_t first) {
  nodes[first].serves = false;
  return victim_of(what, nodes, {});
}

} // namespace troupe::prove
