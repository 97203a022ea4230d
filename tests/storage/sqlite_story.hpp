// A SQLite log in a directory of its own, that can be closed and started again.
#pragma once

#include "storage/sqlite_log.hpp"
#include "tests/storage/directory.hpp"
#include "tests/storage/story.hpp"

#include <stdexcept>

namespace troupe::storage::testing {

inline sqlite_settings small_settings(const std::string& directory) {
  sqlite_settings settings;
  settings.store.directory = directory;
  settings.store.reserve_bytes = 64 * 1024;
  settings.store.readers = 1;
  return settings;
}

inline std::unique_ptr<sqlite_log> start(sqlite_settings settings) {
  auto started = sqlite_log::start(std::move(settings));
  if (!started.log)
    throw std::runtime_error(started.failure);
  return std::move(started.log);
}

inline std::unique_ptr<sqlite_log> start(const std::string& directory) { return start(small_settings(directory)); }

/// Opens the room under the term the log holds for it.
inline room_story opened_room(sqlite_log& log, const std::string& name) {
  room_story room{log, name, log.term_of(name)};
  if (room.opens().status != status::ok)
    throw std::runtime_error("cannot open " + name);
  return room;
}

} // namespace troupe::storage::testing
