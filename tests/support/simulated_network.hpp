// tests/support/simulated_network.hpp
#pragma once

#include "actors/cluster/mesh.hpp"
#include "tests/support/life.hpp"
#include "tests/support/seeded_unit.hpp"
#include "tests/support/stage.hpp"

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::tests {

/// A process as the network sees it.
struct network_host {
  std::string name; ///< Of the node.
  std::string port; ///< Where its mesh is found.
  life* alive = nullptr;
  actors::mesh_actor desk;
};

/// What becomes of link envelopes; one in so many, 0 = none.
struct network_weather {
  std::int64_t delay_ms_max = 3;
  unsigned lost_one_in = 0;
  unsigned doubled_one_in = 0;
  unsigned swapped_one_in = 0;
};

/// The network between nodes, in the place of CAF's: the actors of another process are reached
/// through stand-ins here, which forward what they are sent over a connection and end with it.
///
/// Ordering: what goes over one connection in one direction arrives in order or not at all, as long as the
///           weather is good. The two ends of a connection hear of its end at different times.
class simulated_network {
public:
  simulated_network(stage& world, caf::actor_system& system);
  ~simulated_network();

  network_weather weather;

  /// Calls other processes for `from`, which stays where it is.
  actors::dial caller(network_host& from);

  // -- what happens to it --
  /// Both ends lose one another, one of them first.
  void break_between(const std::string& a, const std::string& b);
  /// Nothing passes between two nodes for so long; after about two seconds they notice.
  void cut(const std::string& a, const std::string& b, std::int64_t for_ms);
  void heal() { cuts_.clear(); }
  /// The process is dead: the others notice soon.
  void died(network_host& who);
  /// The others notice after about two seconds, unless it goes on before.
  void froze(network_host& who);
  /// It can be called from now on, and not any more.
  void listen(network_host& who) { hosts_.push_back(&who); }
  void close(network_host& who) { std::erase(hosts_, &who); }

  /// The stand-ins' own jobs.
  std::vector<std::pair<seeded_unit*, caf::resumable*>>& jobs() noexcept { return jobs_; }
  /// Ends all stand-ins, when nobody needs them any more.
  void end();

private:
  friend class cable;
  friend class far_desk;

  struct connection {
    std::array<network_host*, 2> hosts{};
    std::array<bool, 2> broken{};                      ///< As that end knows.
    std::array<std::deque<agenda::task>, 2> under_way; ///< From that end, in order.
    std::array<std::int64_t, 2> last_arrival{};
    std::array<std::map<caf::actor_id, caf::strong_actor_ptr>, 2> stand_ins; ///< At that end, for actors at the other.
    std::array<caf::strong_actor_ptr, 2> desks;                              ///< For the mesh at the other end.
  };
  using shared_connection = std::shared_ptr<connection>;

  void dial_from(network_host& from, const std::string& port, std::function<void(caf::strong_actor_ptr)> then);
  caf::strong_actor_ptr desk_at(const shared_connection& over, std::size_t end);
  caf::strong_actor_ptr stand_in_at(const shared_connection& over, std::size_t end,
                                    const caf::strong_actor_ptr& for_whom);
  /// Carries `deliver` over to the other end; `frame` may suffer from the weather.
  void carry(const shared_connection& over, std::size_t from, agenda::task deliver, bool frame);
  void arrive(const shared_connection& over, std::size_t from);
  void lose(const shared_connection& over, std::size_t end);
  void end_stand_ins(connection& over, std::size_t end);
  std::int64_t passes_at(const connection& over) const;
  bool are_cut(const std::string& a, const std::string& b) const;
  static std::pair<std::string, std::string> pair_of(const std::string& a, const std::string& b);

  stage& world_;
  std::vector<std::pair<seeded_unit*, caf::resumable*>> jobs_;
  seeded_unit unit_;
  std::vector<network_host*> hosts_;
  std::vector<shared_connection> connections_;
  std::map<std::pair<std::string, std::string>, std::int64_t> cuts_; ///< Until when.
};

} // namespace troupe::tests
