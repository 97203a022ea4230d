#include "tests/support/ownership_world.hpp"

#include <algorithm>

namespace troupe::tests {

namespace does = actors::ownership_does;
namespace to = actors::to_ownership;

namespace {

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

} // namespace

ownership_world::ownership_world(std::size_t shards, world_rules with) : rules(with) { store.shards.resize(shards); }

std::size_t ownership_world::start(const std::string& name, std::uint32_t weight) {
  std::erase_if(store.nodes, [&](const auto& n) { return n.row.node == name; });
  const auto index = nodes.size();
  storage::node_row row{name, index + 1, {}, {}, {}, weight};
  store.nodes.push_back({row, now});
  nodes.emplace_back(actors::ownership_core{row, now, rules.options});
  for (std::size_t other = 0; other < index; ++other)
    if (nodes[other].is != process::dead) {
      const auto& theirs = nodes[other].core.state().self;
      nodes[other].inbox.emplace_back(to::peer_up{name, row.incarnation});
      nodes[index].inbox.emplace_back(to::peer_up{theirs.node, theirs.incarnation});
    }
  apply(index, to::wake{});
  return index;
}

// -- one step at a time -------------------------------------------------------------

void ownership_world::deliver(std::size_t node, std::size_t input) {
  auto& inbox = nodes[node].inbox;
  auto what = std::move(inbox[input]);
  inbox.erase(inbox.begin() + static_cast<std::ptrdiff_t>(input));
  apply(node, std::move(what));
  check();
}

void ownership_world::tell(std::size_t node, to::command what) {
  apply(node, std::move(what));
  check();
}

void ownership_world::carry_out(std::size_t node, std::size_t call, outcome how) {
  auto& caller = nodes[node];
  if (how == outcome::late) {
    caller.calls[call].answered = true;
    caller.inbox.emplace_back(to::changed{});
    return check();
  }
  const auto [what, sent, answered] = std::move(caller.calls[call]);
  caller.calls.erase(caller.calls.begin() + static_cast<std::ptrdiff_t>(call));
  const bool done = how != outcome::failed;
  const bool good = how == outcome::good;
  const auto self = caller.core.state().self;
  std::visit(overloaded{
               [&](const does::beat& b) {
                 auto* row = row_of(self.incarnation);
                 if (done && row) {
                   row->beat = now;
                   row->draining = b.draining;
                 }
                 caller.inbox.emplace_back(to::beaten{sent, good && row});
               },
               [&](const does::look&) {
                 caller.inbox.emplace_back(to::looked{sent, good ? std::optional(look()) : std::nullopt});
               },
               [&](const does::change& c) {
                 if (done)
                   change(node, c.what);
                 if (!answered)
                   caller.inbox.emplace_back(to::changed{good});
               },
               [&](const does::kill& k) {
                 const bool dead = done && make_sure_dead(k.whom);
                 caller.inbox.emplace_back(to::killed{k.whom, good && dead});
               },
               [&](const does::forget& f) {
                 if (done)
                   forget(f.whom);
               },
             },
             what);
  check();
}

void ownership_world::advance(time_ms by) {
  now += by;
  note_expired();
  for (std::size_t node = 0; node < nodes.size(); ++node)
    wake_if_due(node);
  check();
}

void ownership_world::freeze(std::size_t node) { nodes[node].is = process::frozen; }

void ownership_world::carry_on(std::size_t node) {
  nodes[node].is = process::running;
  wake_if_due(node);
  check();
}

void ownership_world::crash(std::size_t node) { end(node); }

// -- all by itself --------------------------------------------------------------------

void ownership_world::quiesce() {
  for (bool more = true; more;) {
    more = false;
    for (std::size_t node = 0; node < nodes.size(); ++node) {
      auto& n = nodes[node];
      while (n.is == process::running && (!n.inbox.empty() || !n.calls.empty())) {
        more = true;
        if (!n.inbox.empty())
          deliver(node);
        else
          carry_out(node, 0, n.cut_off ? outcome::failed : outcome::good);
      }
    }
  }
}

void ownership_world::run_for(time_ms span) {
  const auto end = now + span;
  quiesce();
  while (now < end) {
    auto next = end;
    for (const auto& n : nodes)
      if (n.is == process::running && n.wake > now)
        next = std::min(next, n.wake);
    advance(next - now);
    quiesce();
  }
}

// -- what there is to see -------------------------------------------------------------

bool ownership_world::serves(std::size_t node, storage::shard_id shard) const {
  const auto& n = nodes[node];
  if (n.is == process::dead || !n.view || (now >= n.core.deadline() && !rules.ignores_deadline))
    return false;
  if (n.view->owns(shard))
    return true;
  const auto& row = n.view->shards[shard];
  return rules.serves_while_settling && n.view->serving && row.owner == n.view->node &&
         row.incarnation == n.view->incarnation;
}

std::size_t ownership_world::served(std::size_t node) const {
  std::size_t count = 0;
  for (storage::shard_id shard = 0; shard < store.shards.size(); ++shard)
    count += serves(node, shard);
  return count;
}

std::size_t ownership_world::served() const {
  std::size_t count = 0;
  for (std::size_t node = 0; node < nodes.size(); ++node)
    count += nodes[node].is == process::running ? served(node) : 0;
  return count;
}

// -- a node's process -----------------------------------------------------------------

void ownership_world::apply(std::size_t node, to::command what) {
  const auto effects = nodes[node].core.apply(std::move(what), now);
  for (const auto& effect : effects) {
    auto& n = nodes[node];
    std::visit(overloaded{
                 [&](const does::settle& s) {
                   settled.emplace_back(now, s.shard);
                   if (rules.settles_are_answered)
                     n.inbox.emplace_back(to::settled{s.shard});
                 },
                 [&](const does::publish& p) { n.view = p.view; },
                 [&](const does::tell_peers&) {
                   for (auto& other : nodes)
                     if (rules.peers_hear && &other != &n && other.is != process::dead)
                       other.inbox.emplace_back(to::hint{});
                 },
                 [&](const does::warn& w) { n.warnings.push_back(w.line); },
                 [&](const does::drained&) { n.drained = true; },
                 [&](const does::stop&) { end(node); },
                 [&](const does::wake_at& w) { n.wake = w.time; },
                 [&](const auto& call) {
                   n.calls.push_back({call, now});
                 },
               },
               effect);
  }
}

void ownership_world::wake_if_due(std::size_t node) {
  auto& n = nodes[node];
  if (n.is != process::running || n.wake == 0 || n.wake > now)
    return;
  n.wake = 0;
  n.inbox.emplace_back(to::wake{});
}

void ownership_world::end(std::size_t node) {
  auto& n = nodes[node];
  n.is = process::dead;
  n.calls.clear();
  n.inbox.clear();
  const auto& self = n.core.state().self;
  for (auto& other : nodes)
    if (rules.peers_hear && other.is != process::dead)
      other.inbox.emplace_back(to::peer_down{self.node, self.incarnation});
}

// -- the store ------------------------------------------------------------------------

storage::node_seen* ownership_world::row_of(storage::incarnation_t incarnation) {
  const auto i = std::find_if(store.nodes.begin(), store.nodes.end(),
                              [&](const auto& n) { return n.row.incarnation == incarnation; });
  return i == store.nodes.end() ? nullptr : &*i;
}

storage::cluster_seen ownership_world::look() const {
  auto seen = store;
  seen.at = now;
  for (auto& n : seen.nodes)
    n.gone = rules.promise == expired_are::killed && nodes[n.row.incarnation - 1].is == process::dead;
  return seen;
}

void ownership_world::change(std::size_t by, const std::vector<storage::shard_change>& what) {
  for (const auto& c : what) {
    auto& row = store.shards[c.shard];
    if (row.term != c.term && !rules.ignores_terms)
      continue;
    if (row.term > 0 && row.incarnation != by + 1 && broken.empty()) {
      const auto& from = nodes[row.incarnation - 1];
      if (rules.promise == expired_are::killed && from.is != process::dead)
        broken = "a shard was taken from a process that still exists";
      else if (from.is != process::dead && !from.expired)
        broken = "a node that kept its time to live was taken from";
    }
    row.owner = c.owner;
    row.incarnation = c.incarnation;
    ++row.term;
  }
}

bool ownership_world::make_sure_dead(const storage::node_row& whom) {
  if (!rules.kills_succeed)
    return false;
  const auto index = whom.incarnation - 1;
  if (rules.claims_kills || rules.promise == expired_are::fenced || nodes[index].is == process::dead)
    return true;
  if (!nodes[index].expired && broken.empty())
    broken = "a node that kept its time to live was killed";
  end(index);
  return true;
}

void ownership_world::forget(const storage::node_row& whom) {
  const bool owns = std::any_of(store.shards.begin(), store.shards.end(),
                                [&](const auto& row) { return row.incarnation == whom.incarnation; });
  if (!owns)
    std::erase_if(store.nodes, [&](const auto& n) { return n.row.incarnation == whom.incarnation; });
}

// -- the promises -----------------------------------------------------------------------

void ownership_world::note_expired() {
  for (const auto& n : store.nodes)
    if (now - n.beat >= rules.options.ttl_ms)
      nodes[n.row.incarnation - 1].expired = true;
}

void ownership_world::check() {
  for (storage::shard_id shard = 0; shard < store.shards.size() && broken.empty(); ++shard) {
    std::size_t serving = 0, current = 0;
    for (std::size_t node = 0; node < nodes.size(); ++node) {
      const bool serves_it = nodes[node].is != process::dead && serves(node, shard);
      serving += serves_it && nodes[node].is == process::running;
      current += serves_it && nodes[node].view->shards[shard].term == store.shards[shard].term;
    }
    if (serving > 1)
      broken = "two running nodes serve one shard at the same time";
    else if (current > 1)
      broken = "two nodes serve one shard under its current term";
  }
}

} // namespace troupe::tests
