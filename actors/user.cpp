#include "actors/user.hpp"

#include "actors/sequencer.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>

namespace troupe::actors {

namespace {

constexpr std::uint32_t inbox_rows_max = 200;

/// Collects the answers of both logs, in the order of the rooms' names. The durable log
/// answers on a thread of its own.
class inbox_merge {
public:
  inbox_merge(fanout_actor to, to_user::inbox what) : to_(std::move(to)), what_(std::move(what)) {}

  void add(storage::inbox_result result) {
    std::unique_lock lock(mutex_);
    failed_ = failed_ || result.status != storage::status::ok;
    more_ = more_ || result.more;
    if (result.more && !result.rooms.empty() && (bound_.empty() || result.rooms.back().room < bound_))
      bound_ = result.rooms.back().room;
    rows_.insert(rows_.end(), std::make_move_iterator(result.rooms.begin()),
                 std::make_move_iterator(result.rooms.end()));
    if (++answers_ == 2)
      answer();
  }

private:
  void answer() {
    if (failed_) {
      auto why =
        refusal(protocol::code::store_unavailable, "the log cannot be read now: try again", protocol::retry::same);
      why.re = what_.re;
      return caf::anon_send(to_, for_connection{what_.connection, std::move(why)});
    }
    std::sort(rows_.begin(), rows_.end(), [](const auto& a, const auto& b) { return a.room < b.room; });
    // Beyond the end of the shorter answer rows may be missing: they come with the next page.
    if (!bound_.empty())
      std::erase_if(rows_, [&](const auto& row) { return row.room > bound_; });
    if (rows_.size() > inbox_rows_max) {
      rows_.resize(inbox_rows_max);
      more_ = true;
    }
    caf::anon_send(to_, for_connection{what_.connection, protocol::server::rooms{what_.re, std::move(rows_), more_}});
  }

  fanout_actor to_;
  to_user::inbox what_;
  std::mutex mutex_;
  std::vector<protocol::server::inbox_row> rows_;
  std::string bound_;
  bool more_ = false;
  bool failed_ = false;
  int answers_ = 0;
};

} // namespace

user::user(caf::actor_config& config, actor_unit& unit, services& around, std::string name, guardian_actor guardian)
  : unit_actor(config, unit), around_(around), guardian_(std::move(guardian)),
    core_(std::move(name), around.options.session.sessions_per_user_max) {}

user::behavior_type user::make_behavior() {
  return {
    [this](to_user::command& what) {
      ++taken_;
      const auto before = core_.live_sessions();
      for (auto& effect : core_.apply(std::move(what)))
        std::visit([this](auto& one) { carry_out(one); }, effect);
      around_.counters.signed_in.fetch_add(static_cast<std::int64_t>(core_.live_sessions()) -
                                             static_cast<std::int64_t>(before),
                                           std::memory_order_relaxed);
    },
  };
}

void user::on_exit() { guardian_ = nullptr; }

void user::carry_out(user_does::tell& what) {
  const auto thread = io_thread_of(what.connection);
  if (thread < around_.fanouts.size())
    send(around_.fanouts[thread], for_connection{what.connection, std::move(what.what)});
}

void user::carry_out(user_does::read_inbox& what) {
  const auto thread = io_thread_of(what.connection);
  if (thread >= around_.fanouts.size())
    return;
  auto merge =
    std::make_shared<inbox_merge>(around_.fanouts[thread], to_user::inbox{what.connection, what.re, what.after});
  const storage::inbox_query query{core_.user(), what.after, inbox_rows_max};
  around_.memory.inbox(query, [merge](storage::inbox_result result) { merge->add(std::move(result)); });
  around_.disk.inbox(query, [merge](storage::inbox_result result) { merge->add(std::move(result)); });
}

void user::carry_out(user_does::rest&) { send(guardian_, idle_user{core_.user(), taken_}); }

} // namespace troupe::actors
