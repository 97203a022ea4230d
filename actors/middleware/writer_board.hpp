// actors/middleware/writer_board.hpp
#pragma once

#include "actors/middleware/line_writer.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace troupe::actors {

/// The writers of steps, one for each name, for all I/O threads together.
///
/// Threading: any; a short lock.
class writer_board {
public:
  /// The writer of that name; made by `make` when there is none yet, or when that one goes elsewhere. One that was
  /// replaced writes what it has, and ends in `sweep`.
  template <class Make>
  std::shared_ptr<line_writer> get(const std::string& name, const std::string& where, Make&& make) {
    const std::lock_guard lock(mutex_);
    auto& one = writers_[name];
    if (!one.writer || one.where != where) {
      if (one.writer)
        replaced_.push_back(std::move(one.writer));
      one = {where, make()};
    }
    return one.writer;
  }

  /// Ends the writers that were replaced and that no step holds any more. May wait for a sink that takes nothing, so it
  /// is not for I/O threads.
  void sweep() {
    std::vector<std::shared_ptr<line_writer>> ending;
    const std::lock_guard lock(mutex_);
    const auto unused =
      std::partition(replaced_.begin(), replaced_.end(), [](const auto& w) { return w.use_count() > 1; });
    ending.assign(std::move_iterator{unused}, std::move_iterator{replaced_.end()});
    replaced_.erase(unused, replaced_.end());
  }

  /// Files were moved away: what comes next goes into new ones.
  void reopen() {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, one] : writers_)
      one.writer->reopen();
  }

private:
  struct entry {
    std::string where;
    std::shared_ptr<line_writer> writer;
  };
  std::mutex mutex_;
  std::vector<std::shared_ptr<line_writer>> replaced_;
  std::map<std::string, entry> writers_;
};

} // namespace troupe::actors
