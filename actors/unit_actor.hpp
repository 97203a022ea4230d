// actors/unit_actor.hpp
#pragma once

#include "actors/actor_unit.hpp"

#include <exception>
#include <string>
#include <utility>

namespace troupe::actors {

/// What an exception tells its actor's guardian.
inline caf::error error_of(const std::exception_ptr& what) {
  try {
    std::rethrow_exception(what);
  } catch (const std::exception& e) {
    return caf::make_error(caf::sec::runtime_error, std::string{e.what()});
  } catch (...) {
    return caf::sec::runtime_error;
  }
}

/// The base of every actor here: it lives on one execution unit, an I/O thread in the server,
/// a seeded queue in the simulation, and never moves. What it shares with its neighbours on
/// that unit needs no lock and no thread hop.
///
/// Threading: any thread may send to it; its handlers run on its unit only.
/// Errors:    an exception ends the actor with `sec::runtime_error` and its text; its guardian decides.
template <class Handle>
class unit_actor : public Handle::base {
public:
  using super = typename Handle::base;

  unit_actor(caf::actor_config& config, actor_unit& unit) : super(config), unit_(unit) {
    this->set_exception_handler([](std::exception_ptr& what) { return error_of(what); });
  }

  using super::enqueue;

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override {
    super::enqueue(std::move(what), &unit_);
  }

  void enqueue(caf::strong_actor_ptr sender, caf::message_id id, caf::message content, caf::execution_unit*) override {
    super::enqueue(caf::make_mailbox_element(std::move(sender), id, {}, std::move(content)), &unit_);
  }

  void launch(caf::execution_unit*, bool lazy, bool hide) override { super::launch(&unit_, lazy, hide); }

  /// Not one of the scheduler's: its own threads resume it.
  caf::resumable::subtype_t subtype() const override { return caf::resumable::io_actor; }

  /// Sends `what` to itself after `delay_ms`: see `actor_unit::remind`.
  void remind(std::int64_t delay_ms, alarm_rang what) {
    unit_.remind(caf::actor_cast<caf::strong_actor_ptr>(this), delay_ms, what);
  }

protected:
  actor_unit& unit() noexcept { return unit_; }

  /// Runs `f` as if it were the handler of a message: for calls that come from the socket.
  /// False when the actor has ended.
  template <class F>
  bool on_unit(F&& f) {
    if (!this->activate(&unit_))
      return false;
    this->current_mailbox_element(nullptr);
    try {
      f();
    } catch (...) {
      this->quit(error_of(std::current_exception()));
    }
    return !this->finalize();
  }

private:
  actor_unit& unit_;
};

/// Spawns an actor of class `T` on `unit`.
template <class T, class... Args>
auto spawn_on(actor_unit& unit, Args&&... args) {
  caf::actor_config config{&unit};
  return unit.system().template spawn_class<T, caf::no_spawn_options>(config, unit, std::forward<Args>(args)...);
}

} // namespace troupe::actors
