#include "actors/cluster/mesh.hpp"

#include "actors/cluster/guest_place.hpp"
#include "actors/cluster/link.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

mesh::mesh(caf::actor_config& config, actor_unit& unit, services& around, dial call)
  : unit_actor(config, unit), around_(around), dial_(std::move(call)) {
  set_down_handler([this](const caf::down_msg& what) { desk_gone(what.source); });
}

mesh::behavior_type mesh::make_behavior() {
  return {
    [this](hello_atom, std::uint32_t version, const std::string& node, std::uint64_t incarnation,
           const std::string& boot, std::uint64_t expected, std::uint64_t session, const caf::strong_actor_ptr& link) {
      return answer(version, node, incarnation, boot, expected, session, link);
    },
    [this](enter_atom, std::uint32_t version, const caf::strong_actor_ptr& guest) { return take_in(version, guest); },
    [this](const node_entered& what) { self_ = what.self; },
    [this](const new_view& what) { see(*what.view); },
    [this](const peer_reached& what) { introduce(what.node, what.mesh); },
    [this](const link_lost& what) {
      const auto whom = peers_.find(what.node);
      if (whom != peers_.end())
        call_again(whom->second);
    },
    [this](const alarm_rang& what) {
      if (alarm_.rang(*this, what, around_.now()))
        call_who_is_due();
    },
    [this](shut_down) { quit(); },
    [this](const survey_links& what) { report(what); },
  };
}

void mesh::on_exit() {
  for (auto& [node, whom] : peers_)
    let_go(whom);
  peers_.clear();
  dial_ = nullptr;
}

// -- who there is ---------------------------------------------------------------------------

void mesh::see(const cluster_view& view) {
  for (const auto& node : view.nodes)
    if (node.row.node != self_.node)
      know(node.row).in_view = true;
  for (auto i = peers_.begin(); i != peers_.end();) {
    // Whom no view has had yet has dialed in before the store was looked at.
    if (view.find(i->first) || !i->second.in_view) {
      ++i;
      continue;
    }
    let_go(i->second);
    i = peers_.erase(i);
  }
}

/// Each link fills in its own part.
void mesh::report(const survey_links& what) {
  auto& links = what.into->report.links;
  for (const auto& [node, whom] : peers_) {
    auto& link = links.emplace_back();
    link.node = node;
    link.start = whom.row.incarnation;
  }
  std::size_t part = 0;
  for (const auto& [node, whom] : peers_)
    send(whom.link, survey_links{what.into, part++});
}

mesh::peer& mesh::know(const storage::node_row& row) {
  auto& whom = peers_[row.node];
  if (whom.link && whom.row.incarnation >= row.incarnation) {
    if (whom.row.incarnation == row.incarnation)
      whom.row = row;
    return whom;
  }
  if (whom.link)
    let_go(whom);
  const auto thread = std::hash<std::string>{}(row.node) % around_.units.size();
  whom = {};
  whom.row = row;
  whom.link =
    spawn_on<link>(*around_.units[thread], around_, self_.incarnation, row.node, row.incarnation, mesh_actor{this});
  call_again(whom);
  return whom;
}

void mesh::let_go(peer& whom) { caf::anon_send(whom.link, shut_down{}); }

// -- calling -----------------------------------------------------------------------------------

void mesh::call_again(peer& whom) {
  if (!is_caller(whom.row) || whom.calling || whom.call_at != 0)
    return;
  whom.call_at = around_.now() + whom.wait_ms;
  whom.wait_ms = std::clamp(whom.wait_ms * 2, redial_ms, redial_ms_max);
  call_who_is_due();
}

void mesh::call_who_is_due() {
  const auto now = around_.now();
  time_ms next = 0;
  std::vector<std::string> due;
  for (const auto& [node, whom] : peers_) {
    if (whom.call_at == 0)
      continue;
    if (whom.call_at <= now)
      due.push_back(node);
    else if (next == 0 || whom.call_at < next)
      next = whom.call_at;
  }
  for (const auto& node : due)
    call(node);
  if (next != 0)
    alarm_.set(*this, next, now);
}

void mesh::call(const std::string& node) {
  auto& whom = peers_.at(node);
  whom.call_at = 0;
  whom.calling = true;
  // The answer comes as a message, from whichever thread dials.
  dial_(whom.row, [self = mesh_actor{this}, node](caf::strong_actor_ptr desk) {
    caf::anon_send(self, peer_reached{node, std::move(desk)});
  });
}

void mesh::introduce(const std::string& node, const caf::strong_actor_ptr& desk) {
  const auto i = peers_.find(node);
  if (i == peers_.end())
    return;
  auto& whom = i->second;
  if (!desk) {
    whom.calling = false;
    return call_again(whom);
  }
  around_.draw(reinterpret_cast<unsigned char*>(&whom.session), sizeof whom.session);
  whom.desk = desk->address();
  monitor(desk);
  request(caf::actor_cast<mesh_actor>(desk), std::chrono::milliseconds(whom.patience_ms), hello_atom::value,
          std::uint32_t{envelope_major}, self_.node, self_.incarnation, self_.boot, whom.row.incarnation, whom.session,
          caf::actor_cast<caf::strong_actor_ptr>(whom.link))
    .then(
      [this, node, session = whom.session](welcome_atom, const std::string& boot, const caf::strong_actor_ptr& link) {
        auto* at = greeted(node, session);
        if (!at)
          return;
        if (!is_one_process(node, link, boot))
          return call_again(*at);
        at->process = link->node();
        at->wait_ms = 0;
        at->patience_ms = hello_ms;
        send(at->link, link_opened{session, at->row.incarnation, link});
      },
      [this, node, session = whom.session](const caf::error&) {
        auto* at = greeted(node, session);
        if (!at)
          return;
        at->patience_ms = std::min(at->patience_ms * 2, hello_ms_max);
        call_again(*at);
      });
}

/// Its hello with this session waits no more; null when it did not.
mesh::peer* mesh::greeted(const std::string& node, std::uint64_t session) {
  const auto known = peers_.find(node);
  if (known == peers_.end() || known->second.session != session)
    return nullptr;
  auto& whom = known->second;
  demonitor(whom.desk);
  whom.desk = nullptr;
  whom.session = 0;
  whom.calling = false;
  return &whom;
}

/// A cached connection may have been closed by the other end already: no answer comes over it.
void mesh::desk_gone(const caf::actor_addr& desk) {
  for (auto& [node, whom] : peers_)
    if (whom.session != 0 && whom.desk == desk) {
      if (auto* at = greeted(node, whom.session))
        call_again(*at);
      return;
    }
}

// -- being called ---------------------------------------------------------------------------------

mesh::welcome mesh::answer(std::uint32_t version, const std::string& node, std::uint64_t incarnation,
                           const std::string& boot, std::uint64_t expected, std::uint64_t session,
                           const caf::strong_actor_ptr& link) {
  const auto known = peers_.find(node);
  const bool older = known != peers_.end() && known->second.row.incarnation > incarnation;
  if (self_.incarnation == 0 || version != envelope_major || expected != self_.incarnation ||
      incarnation <= self_.incarnation || older || !is_one_process(node, link, boot))
    return caf::make_error(caf::sec::invalid_argument);
  storage::node_row row;
  row.node = node;
  row.incarnation = incarnation;
  row.boot = boot;
  auto& whom = know(row);
  whom.process = link->node();
  send(whom.link, link_opened{session, incarnation, link, true});
  // Somebody new: the view learns of it from the store.
  if (around_.membership && known == peers_.end())
    send(around_.membership, to_ownership::command{to_ownership::hint{}});
  return {welcome_atom::value, self_.boot, caf::actor_cast<caf::strong_actor_ptr>(whom.link)};
}

caf::result<caf::strong_actor_ptr> mesh::take_in(std::uint32_t version, const caf::strong_actor_ptr& guest) {
  if (version != guest_version || !guest || !around_.door)
    return caf::make_error(caf::sec::invalid_argument);
  const auto thread = next_guest_++ % around_.units.size();
  return caf::actor_cast<caf::strong_actor_ptr>(
    spawn_on<guest_place>(*around_.units[thread], *around_.door, thread, guest));
}

/// No other start that is known to live says that it is this process.
bool mesh::is_one_process(const std::string& node, const caf::strong_actor_ptr& link, const std::string& boot) const {
  if (!link)
    return false;
  for (const auto& [other, whom] : peers_)
    if (other != node && whom.process == link->node() && whom.row.boot != boot) {
      around_.warn("two processes have the same CAF node id: give the machines different MAC addresses or host ids");
      return false;
    }
  return true;
}

} // namespace troupe::actors
