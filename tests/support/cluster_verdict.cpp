// What is judged at the end of a simulation of a cluster.
#include "tests/support/cluster_simulation.hpp"

#include <algorithm>
#include <set>

namespace troupe::tests {

namespace {

constexpr std::int64_t rest_ms_max = 120'000;
/// Restarted nodes have joined, graces are over, slow timers have rung.
constexpr std::int64_t after_healing_ms = 6'000;

std::string listed(const std::set<std::string>& users) {
  std::string text;
  for (const auto& user : users)
    text += (text.empty() ? "" : ", ") + user;
  return text.empty() ? "nobody" : text;
}

} // namespace

std::vector<simulated_person*> cluster_simulation::members_of(const std::string& room) const {
  std::vector<simulated_person*> all;
  for (const auto& person : people_)
    if (person->joins() && !person->gone() &&
        std::find(person->rooms().begin(), person->rooms().end(), room) != person->rooms().end())
      all.push_back(person.get());
  return all;
}

/// Nobody waits for anything, and everybody has everything.
bool cluster_simulation::has_settled() {
  for (const auto& person : people_)
    if (person->unsent() > 0)
      return false;
  for (const auto& room : rooms_) {
    std::optional<protocol::position> common;
    for (const auto* person : members_of(room)) {
      const auto at = person->where(room);
      if (!at || !person->has_everything(room) || (common && *common != *at))
        return false;
      common = at;
    }
    if (how_.durability != protocol::durability::memory && common && common->seq < store_.head_of(room))
      return false;
  }
  return true;
}

std::string cluster_simulation::unsettled() const {
  std::string text = "it does not come to rest:";
  for (const auto& person : people_)
    text += "\n    " + person->state();
  for (const auto& room : rooms_)
    text += fmt::format("\n    {}: shard {} of {}, head {}", room, storage::shard_of(room), owner_of(room),
                        store_.head_of(room));
  return text;
}

/// As each person last heard it, those are present who have joined.
void cluster_simulation::judge_presence(std::vector<std::string>& wrong) {
  for (const auto& room : rooms_) {
    std::set<std::string> there;
    for (const auto* person : members_of(room))
      there.insert(person->user());
    for (const auto* person : members_of(room)) {
      const auto told = person->present_in(room);
      if (!told || *told != there)
        wrong.push_back(fmt::format("{} believes that {} are in {}; there are {}", person->device(),
                                    told ? listed(*told) : "(it asks)", room, listed(there)));
    }
  }
}

std::vector<std::string> cluster_simulation::judge() {
  std::vector<std::string> wrong;
  for (const auto& person : people_)
    person->calms_down();
  const auto everybody_serves = [this] {
    for (const auto& node : node_names_)
      start(node);
    return is_whole();
  };
  if (!comes_true(everybody_serves, rest_ms_max))
    wrong.push_back("not every shard has an owner that all nodes see");
  pass(after_healing_ms);
  // Who lives after the faults can send.
  for (const auto& person : people_)
    for (const auto& room : person->rooms())
      person->says(room);
  if (!comes_true([this] { return has_settled(); }, rest_ms_max))
    wrong.push_back(unsettled());
  std::map<const simulated_person*, std::map<protocol::request_id, std::string>> asked;
  for (const auto& person : people_)
    asked[person.get()] = person->unanswered();
  pass(after_healing_ms);
  if (!has_settled())
    wrong.push_back("it came to rest and went on");
  judge_presence(wrong);
  for (const auto& [person, requests] : asked)
    for (const auto& [id, request] : requests)
      if (person->unanswered().contains(id))
        wrong.push_back(fmt::format("{} has no answer to {}", person->device(), request));

  checker::event settled;
  settled.ev = checker::happening::settled;
  record_.append(std::move(settled));
  // Who is everywhere cannot tell a list that is right from one that holds the dead: some go, and are to be gone.
  for (std::size_t i = 1; i < people_.size(); ++i)
    if (world_.chance.one_in(2))
      people_[i]->goes();
  pass(after_healing_ms);
  judge_presence(wrong);
  if (how_.durability == protocol::durability::memory)
    tell_memory_rooms();
  else
    store_.tell(record_);
  record_.append({});
  const auto verdict = checker::check(record_.history());
  world_.trace("{}", checker::to_text(verdict));
  for (const auto& found : verdict.findings)
    for (const auto& shown : found.examples)
      wrong.push_back(fmt::format("{} ({} times): line {}: {}", found.rule, found.count, shown.line, shown.text));
  wrong.insert(wrong.end(), world_.breaches.begin(), world_.breaches.end());
  return wrong;
}

/// A memory room's history is what its last owner holds.
void cluster_simulation::tell_memory_rooms() {
  for (const auto& room : rooms_)
    if (auto* owner = running(owner_of(room)))
      owner->tell_memory_room(room, record_);
}

} // namespace troupe::tests
