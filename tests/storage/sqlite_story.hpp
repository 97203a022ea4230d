// A SQLite log in a directory of its own, that can be closed and started again.
#pragma once

#include "storage/sole_owner.hpp"
#include "tests/storage/directory.hpp"
#include "tests/storage/story.hpp"

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace troupe::storage::testing {

inline sqlite_settings small_settings(const std::string& directory) {
  sqlite_settings settings;
  settings.store.directory = directory;
  settings.store.reserve_bytes = 64 * 1024;
  settings.store.readers = 1;
  return settings;
}

/// A log with a node of its own, which has taken every shard from whoever had it.
class owned_log {
public:
  explicit owned_log(const sqlite_settings& settings) {
    auto started = sqlite_log::start(settings);
    if (!started.log)
      throw std::runtime_error(started.failure);
    log_ = std::move(started.log);
    auto opened = sqlite_membership::open({.directory = settings.store.directory, .fatal = settings.fatal});
    if (!opened.store)
      throw std::runtime_error(opened.failure);
    nodes_ = std::move(opened.store);
    static std::atomic<unsigned> starts{0};
    const auto node = "node-" + std::to_string(++starts);
    const auto entered = nodes_->enter({.node = node, .boot = "boot of " + node});
    const auto terms = take_every_shard(*nodes_, node, entered.incarnation);
    if (!terms)
      throw std::runtime_error("cannot take the shards: " + entered.failure);
    incarnation_ = entered.incarnation;
    terms_ = *terms;
  }
  owned_log(owned_log&&) noexcept = default;
  owned_log& operator=(owned_log&&) noexcept = default;
  ~owned_log() { reset(); }

  void reset() {
    log_.reset();
    if (nodes_)
      nodes_->leave();
    nodes_.reset();
  }

  sqlite_log& operator*() const { return *log_; }
  sqlite_log* operator->() const { return log_.get(); }
  term_t term_of(const std::string& room) const { return terms_[shard_of(room)]; }
  const shard_terms& terms() const { return terms_; }
  incarnation_t incarnation() const { return incarnation_; }

private:
  std::unique_ptr<sqlite_membership> nodes_;
  std::unique_ptr<sqlite_log> log_;
  incarnation_t incarnation_ = 0;
  shard_terms terms_{};
};

inline owned_log start(const sqlite_settings& settings) { return owned_log{settings}; }
inline owned_log start(const std::string& directory) { return owned_log{small_settings(directory)}; }

/// Opens the room under the term the log holds for it.
inline room_story opened_room(const owned_log& log, const std::string& name) {
  room_story room{*log, name, log.term_of(name)};
  if (room.opens().status != status::ok)
    throw std::runtime_error("cannot open " + name);
  return room;
}

} // namespace troupe::storage::testing
