// tests/support/simulation.hpp
//
// All actors of a node in one thread, under one seed: which actor runs next, when the log
// answers and when a socket is written are drawn from it. A failing seed runs again alone.
#pragma once

#include "actors/node.hpp"
#include "protocol/codec.hpp"
#include "storage/faults.hpp"
#include "storage/memory_log.hpp"
#include "tests/support/seeded_unit.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace troupe::tests {

/// Bugs of storage/faults.hpp, planted by the test itself.
void plant_bug(storage::plant what, bool on);

/// A log that answers later, in the order of each room, as a disk would; and can lose an answer.
class slow_log final : public storage::message_log {
public:
  enum class mishap : std::uint8_t { none, full, lost_before, lost_after };

  protocol::durability durable() const override { return protocol::durability::disk; }
  void open(storage::opening what, storage::done<storage::open_result> then) override;
  void append(storage::run what, storage::done<storage::append_result> then) override;
  void page(storage::page_query what, storage::done<storage::page_result> then) override;
  void find(std::string room, storage::seq_t seq, storage::done<storage::find_result> then) override;
  void change_member(storage::member_change what, storage::done<storage::status> then) override;
  void prune_room(storage::prune what, storage::done<storage::prune_result> then) override;
  void inbox(storage::inbox_query what, storage::done<storage::inbox_result> then) override;
  void release(std::string) override {}

  /// What becomes of the next append.
  void next_append(mishap what) { next_ = what; }
  /// The next change of a belonging is not stored, and answered so.
  void next_change(storage::status what) { next_change_ = what; }
  /// The next look-up of a message fails so.
  void next_find(storage::status what) { next_find_ = what; }
  /// Answers nothing until it is told otherwise.
  void hangs(bool hanging) { hanging_ = hanging; }
  bool waiting() const { return !hanging_ && !queues_.empty(); }
  void step(std::mt19937& random);

private:
  void later(const std::string& room, std::function<void()> what);

  storage::memory_log inner_;
  std::map<std::string, std::deque<std::function<void()>>> queues_;
  bool hanging_ = false;
  mishap next_ = mishap::none;
  storage::status next_change_ = storage::status::ok;
  storage::status next_find_ = storage::status::ok;
};

class simulation;

/// A client at a simulated socket. It folds what it hears as a real one would, and complains
/// about whatever the protocol forbids.
class sim_client final : public actors::wire {
public:
  sim_client(simulation& world, std::string user);

  // -- what a person does --
  void joins(const std::string& room, std::optional<protocol::position> since = {});
  void leaves(const std::string& room, bool forget = false);
  /// Gives the cid.
  std::string sends(const std::string& room, const std::string& body, std::string cid = {});
  void fetches(const std::string& room, protocol::seq_t after, std::uint32_t limit = 200);
  void says(const std::string& frame);
  void hangs_up();
  void stops_reading(bool stopped) { reading_ = !stopped; }
  /// It has left: what comes next of that room follows nothing.
  void leaves_stream(const std::string& room) { last_seq_.erase(room), paused_.erase(room); }
  /// One step of reading on after what is had, when pushes have stopped and no page is awaited.
  void catches_up(const std::string& room, std::uint32_t limit);

  // -- what was heard --
  template <class Message>
  std::vector<Message> all() const {
    std::vector<Message> found;
    for (const auto& push : heard_)
      if (const auto* one = std::get_if<Message>(&push))
        found.push_back(*one);
    return found;
  }
  template <class Message>
  std::optional<Message> last() const {
    const auto found = all<Message>();
    return found.empty() ? std::nullopt : std::optional{found.back()};
  }
  /// Pushes of the room have stopped until a page says `more:false`.
  bool paused(const std::string& room) const { return paused_.count(room) > 0; }
  /// The bodies this client has seen or had acked, by seq.
  std::map<protocol::seq_t, std::string> stream(const std::string& room) const;
  /// What the protocol forbids and yet was heard; empty when all is well.
  const std::vector<std::string>& complaints() const noexcept { return complaints_; }
  const std::string& user() const noexcept { return user_; }
  std::optional<protocol::close_code> closed() const noexcept { return closed_; }
  std::string new_cid();

  // -- wire --
  void wake() override { awake_ = true; }
  void close(protocol::close_code why, std::string_view reason) override;
  void drop() override;

private:
  friend class simulation;
  bool wants_flush() const { return events_ && reading_ && (awake_ || closing_); }
  void flush();
  void hear(const protocol::push& what);
  template <class Request>
  void say(const Request& what);

  simulation& world_;
  std::string user_;
  actors::wire_events* events_ = nullptr;
  caf::strong_actor_ptr keep_;
  bool awake_ = false;
  bool closing_ = false;
  bool reading_ = true;
  std::optional<protocol::close_code> closed_;
  protocol::request_id next_id_ = 1;
  std::vector<protocol::push> heard_;
  std::vector<std::string> complaints_;
  std::map<std::string, protocol::seq_t> since_; ///< Where the last join of a room goes on.
  std::map<std::string, protocol::seq_t> last_seq_;
  std::set<std::string> paused_;                            ///< Rooms after a gap, or a `joined` that goes on in pages.
  std::map<protocol::request_id, std::string> catching_up_; ///< Pages on their way: of which room.
  std::map<std::string, std::string> bodies_;               ///< By cid.
};

/// One node under a seed.
class simulation {
public:
  struct options {
    std::size_t io_threads = 2;
    config::options node;
    bool on_disk = true; ///< Rooms on the slow log; else in memory.
    actors::tape_writer* tapes = nullptr;
    /// What the node is given beside; the steps that are built in stand in `services::steps` already.
    std::function<void(actors::services&)> prepare;
  };

  explicit simulation(std::uint32_t seed) : simulation(seed, options{}) {}
  simulation(std::uint32_t seed, options how);
  ~simulation();

  /// A client that has said hello, and resumes `rooms`; it reads at once, or when it is told to.
  sim_client& enters(const std::string& user, const std::map<std::string, protocol::position>& rooms = {},
                     bool reads = true);

  /// Runs until nothing can run any more.
  void settle();
  /// Runs a few steps only, so that things are on their way.
  void run_some(unsigned steps);
  /// Moves the clock and settles.
  void pass(std::int64_t ms);

  /// The chains of all threads are those of `options` from now on.
  void reload(const config::options& options);
  slow_log& log() noexcept { return log_; }
  actors::services& services() noexcept { return *services_; }
  std::mt19937& random() noexcept { return random_; }
  protocol::time_ms now() const noexcept { return now_; }
  /// Messages that wait for their time.
  std::size_t alarms() const;
  const actors::actor_counters& counters() const noexcept { return counters_; }
  const std::vector<std::string>& warnings() const noexcept { return warnings_; }
  /// Complaints of all clients.
  std::vector<std::string> complaints() const;

private:
  friend class sim_client;
  bool step();

  std::mt19937 random_;
  options how_;
  config::room_patterns patterns_;
  protocol::time_ms now_ = 1'700'000'000'000;
  slow_log log_;
  storage::memory_log memory_;
  actors::resume_tokens tokens_{{}, 24LL * 3600 * 1000};
  actors::actor_counters counters_;
  std::vector<std::string> warnings_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::vector<std::pair<seeded_unit*, caf::resumable*>> jobs_;
  std::vector<std::unique_ptr<seeded_unit>> units_;
  std::unique_ptr<actors::services> services_;
  std::optional<actors::node> node_;
  std::vector<std::unique_ptr<sim_client>> clients_;
};

} // namespace troupe::tests
