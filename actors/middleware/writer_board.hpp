// actors/middleware/writer_board.hpp
#pragma once

#include "actors/middleware/line_writer.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace troupe::actors {

/// The writers of steps, one for each name, for all I/O threads together.
///
/// Threading: any; a short lock.
class writer_board {
public:
  /// The writer of that name; made by `make` when there is none yet, or when that one goes elsewhere. One that is not
  /// needed any more ends with the last step that holds it.
  template <class Make>
  std::shared_ptr<line_writer> get(const std::string& name, const std::string& where, Make&& make) {
    const std::lock_guard lock(mutex_);
    auto& one = writers_[name];
    if (!one.writer || one.where != where)
      one = {where, make()};
    return one.writer;
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
  std::map<std::string, entry> writers_;
};

} // namespace troupe::actors
