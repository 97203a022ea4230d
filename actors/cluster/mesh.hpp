// actors/cluster/mesh.hpp
#pragma once

#include "actors/alarm.hpp"
#include "actors/services.hpp"
#include "actors/unit_actor.hpp"

#include <functional>
#include <map>
#include <string>

namespace troupe::actors {

/// Finds the mesh actor at another node's link port; null when it cannot be reached.
using dial = std::function<void(const storage::node_row& whom, std::function<void(caf::strong_actor_ptr)> then)>;

/// MESH: keeps one link to every other living node. Of two nodes the one that started later
/// dials; what it says about itself is checked before anything is carried.
///
/// Errors:  a node that cannot be reached, or whose connection ends before it answers, is dialed again, `redial_ms` to
///          `redial_ms_max` later. So is one that does not answer within `hello_ms`, doubled each time up to
///          `hello_ms_max`: an answer is lost when the other end gives up the connection while it sends it.
/// Refused: another link version, a caller who looks for an earlier start of this node, and a
///          second process under one CAF node id (two containers with the same MAC address and pid).
class mesh final : public unit_actor<mesh_actor> {
public:
  static constexpr std::int64_t redial_ms = 20;
  static constexpr std::int64_t redial_ms_max = 1'000;
  static constexpr std::int64_t hello_ms = 250;
  static constexpr std::int64_t hello_ms_max = 2'000;

  mesh(caf::actor_config& config, actor_unit& unit, services& around, dial call);

  const char* name() const override { return "troupe.mesh"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  struct peer {
    storage::node_row row;
    link_actor link;
    caf::node_id process; ///< Where it said it is; none before it was met.
    bool in_view = false; ///< A view has had it.
    bool calling = false;
    caf::actor_addr desk;      ///< Of the hello that waits for its answer …
    std::uint64_t session = 0; ///< … and what it offers; 0 = none waits.
    std::int64_t patience_ms = hello_ms;
    std::int64_t wait_ms = 0; ///< Before the next call.
    time_ms call_at = 0;      ///< 0 = no call is due.
  };

  using welcome = caf::result<welcome_atom, std::string, caf::strong_actor_ptr>;

  welcome answer(std::uint32_t version, const std::string& node, std::uint64_t incarnation, const std::string& boot,
                 std::uint64_t expected, std::uint64_t session, const caf::strong_actor_ptr& link);
  caf::result<caf::strong_actor_ptr> take_in(std::uint32_t version, const caf::strong_actor_ptr& guest);
  void see(const cluster_view& view);
  void report(const survey_links& what);
  peer& know(const storage::node_row& row);
  void let_go(peer& whom);
  void call(const std::string& node);
  void introduce(const std::string& node, const caf::strong_actor_ptr& desk);
  peer* greeted(const std::string& node, std::uint64_t session);
  void desk_gone(const caf::actor_addr& desk);
  void call_again(peer& whom);
  void call_who_is_due();
  bool is_caller(const storage::node_row& row) const { return self_.incarnation > row.incarnation; }
  bool is_one_process(const std::string& node, const caf::strong_actor_ptr& link, const std::string& boot) const;

  services& around_;
  storage::node_row self_; ///< Without an incarnation until the store has taken it in: nobody is answered.
  dial dial_;
  std::map<std::string, peer> peers_;
  std::size_t next_guest_ = 0;
  alarm alarm_;
};

} // namespace troupe::actors
