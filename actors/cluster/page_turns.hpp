// actors/cluster/page_turns.hpp
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace troupe::actors {

/// How many pages of history may be on their way from the log into one link at a time. A page is large and its request
/// is small: who asks for many at once has to wait, instead of filling the link until it overflows.
///
/// Ordering:  first come, first served.
/// Threading: any thread. A reading begins on the thread of who asked, or of who gave a turn back.
/// Overload:  one past `waiting_max` that wait is not taken, unless nobody could be told.
class page_turns : public std::enable_shared_from_this<page_turns> {
public:
  /// Given back when nobody holds it any more: the page is on the wire, or lost.
  using turn = std::shared_ptr<void>;
  using reading = std::function<void(turn)>;

  static constexpr std::size_t waiting_max = 4'096;

  explicit page_turns(std::size_t at_a_time) : free_(at_a_time) {}

  /// Begins it now, or when its turn has come. False when too many wait and `may_be_refused`.
  bool wait_for(reading what, bool may_be_refused = true);

  /// Those that wait will not be read: nobody listens any more.
  void forget();
  /// Nor will any later one.
  void close();

private:
  struct begun {
    page_turns& of;
    std::unique_lock<std::mutex>& hold;
    ~begun();
  };

  void give_back();
  void begin_who_may();

  std::mutex mutex_;
  std::size_t free_;
  std::deque<reading> waiting_;
  bool beginning_ = false; ///< Somebody is in `begin_who_may` already and will see what changed.
  bool closed_ = false;
};

} // namespace troupe::actors
