// transport/timer_wheel.hpp
//
// All timers of an I/O thread behind one clock: no timer, no allocation, no system
// call per connection.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace troupe::transport {

/// A hashed wheel of intrusive entries.
///
/// Ordering:  entries of an earlier slot expire first; within a slot the order is that of scheduling.
/// Precision: an entry expires in the slot its time falls into, so up to `slot_ms` early and never late
///            by more than the caller's own delay in `advance`.
/// Threading: one thread.
/// Lifetime:  an entry leaves the wheel when it is destroyed; entries must not outlive the wheel while scheduled.
class timer_wheel {
  struct link {
    link* previous = this;
    link* next = this;
    void unlink() noexcept;
    void append(link& to) noexcept;
    bool alone() const noexcept { return next == this; }
  };

public:
  static constexpr std::int64_t slot_ms = 25;
  static constexpr std::size_t slots = 256; ///< A full turn is 6.4 s; later entries stay for more turns.

  /// Something that waits for its time.
  class entry : link {
  public:
    entry() = default;
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;

    /// Called once per `schedule`, out of the wheel; may schedule or cancel any entry, this one included.
    virtual void expired(std::int64_t now_ms) = 0;

    bool scheduled() const noexcept { return !alone(); }

  protected:
    virtual ~entry() { unlink(); }

  private:
    friend class timer_wheel;
    std::int64_t due_slot_ = 0;
  };

  explicit timer_wheel(std::int64_t now_ms) noexcept : current_{now_ms / slot_ms} {}

  /// Puts `what` in, or moves it. A time that has passed expires with the next `advance` that reaches a new slot.
  void schedule(entry& what, std::int64_t due_ms) noexcept;

  static void cancel(entry& what) noexcept { what.unlink(); }

  /// Calls `expired` of everything due until `now_ms`.
  void advance(std::int64_t now_ms);

  /// When `advance` should be called next, or nothing when the wheel is empty. May be early, never late.
  std::optional<std::int64_t> next_ms() const noexcept;

  /// An offset within `period_ms` that differs from the ones before as much as possible, so that
  /// entries made together do not expire together for ever.
  std::int64_t spread(std::int64_t period_ms) noexcept;

private:
  link& slot(std::int64_t number) noexcept { return slots_[static_cast<std::size_t>(number) % slots]; }

  std::array<link, slots> slots_;
  std::int64_t current_; ///< The last slot that was served.
  std::uint32_t phase_ = 0;
};

} // namespace troupe::transport
