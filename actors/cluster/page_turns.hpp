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
/// Overload:  who waits is not bounded here, but by the questions that a relay keeps open (`relay_core::questions_max`).
class page_turns : public std::enable_shared_from_this<page_turns> {
public:
  /// Given back when nobody holds it any more: the page is on the wire, or lost.
  using turn = std::shared_ptr<void>;
  using reading = std::function<void(turn)>;

  explicit page_turns(std::size_t at_a_time) : free_(at_a_time) {}

  /// Begins it now, or when its turn has come.
  void wait_for(reading what);

  /// Those that wait will not be read: nobody listens any more.
  void forget();
  /// Nor will any later one.
  void close();

private:
  void give_back();
  void begin_who_may();

  std::mutex mutex_;
  std::size_t free_;
  std::deque<reading> waiting_;
  bool beginning_ = false; ///< Somebody is in `begin_who_may` already and will see what changed.
  bool closed_ = false;
};

} // namespace troupe::actors
