#include "storage/memory_log.hpp"

#include "storage/memory_room.hpp"

#include <boost/container/flat_set.hpp>
#include <xxhash.h>

#include <mutex>
#include <unordered_map>
#include <utility>

namespace troupe::storage {

namespace {

constexpr std::size_t stripes = 64;

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return XXH3_64bits(text.data(), text.size()); }
};

} // namespace

/// Some of the rooms under one lock.
struct memory_log::stripe {
  std::mutex lock;
  std::unordered_map<std::string, memory_room, text_hash, std::equal_to<>> rooms;
};

/// Some of the users' rooms. Its lock is never held together with another one.
struct memory_log::inbox_stripe {
  std::mutex lock;
  std::unordered_map<std::string, boost::container::flat_set<std::string>, text_hash, std::equal_to<>> rooms_of;
};

memory_log::memory_log()
  : stripes_(std::make_unique<stripe[]>(stripes)), inboxes_(std::make_unique<inbox_stripe[]>(stripes)) {}

memory_log::~memory_log() = default;

memory_log::stripe& memory_log::stripe_of(std::string_view room) const { return stripes_[text_hash{}(room) % stripes]; }

memory_log::inbox_stripe& memory_log::inbox_of(std::string_view user) const {
  return inboxes_[text_hash{}(user) % stripes];
}

void memory_log::open(opening what, done<open_result> then) {
  open_result result;
  {
    auto& part = stripe_of(what.room);
    const std::lock_guard guard{part.lock};
    auto found = part.rooms.find(what.room);
    if (found == part.rooms.end()) {
      found = part.rooms.emplace(what.room, memory_room{what.room, what}).first;
      result.status = status::ok;
    } else {
      result.status = found->second.reopen(what);
    }
    if (result.status == status::ok)
      result.head = found->second.snapshot(what.recent);
  }
  counters_.count_refusal(result.status);
  then(std::move(result));
}

void memory_log::append(run what, done<append_result> then) {
  append_result result;
  {
    auto& part = stripe_of(what.room);
    const std::lock_guard guard{part.lock};
    const auto found = part.rooms.find(what.room);
    if (found == part.rooms.end())
      result.status = status::seq_mismatch;
    else
      result = found->second.append(what);
  }
  if (result.status == status::ok && what.change.row && what.change.ends_belonging)
    drop_from_inbox(what.change.row->user, what.room);
  if (result.status == status::ok)
    counters_.messages.fetch_add(what.records.size(), std::memory_order_relaxed);
  counters_.count_refusal(result.status);
  then(std::move(result));
}

void memory_log::page(page_query what, done<page_result> then) {
  page_result result;
  {
    auto& part = stripe_of(what.room);
    const std::lock_guard guard{part.lock};
    const auto found = part.rooms.find(what.room);
    if (found == part.rooms.end())
      result.status = status::not_found;
    else
      result = make_page(found->second, what);
  }
  counters_.reads.fetch_add(1, std::memory_order_relaxed);
  counters_.count_refusal(result.status);
  then(std::move(result));
}

void memory_log::find(std::string room, seq_t seq, done<find_result> then) {
  find_result result{status::not_found, {}};
  {
    auto& part = stripe_of(room);
    const std::lock_guard guard{part.lock};
    if (const auto found = part.rooms.find(room); found != part.rooms.end())
      if (const auto* held = found->second.find(seq))
        result = {status::ok, *held};
  }
  counters_.reads.fetch_add(1, std::memory_order_relaxed);
  then(std::move(result));
}

void memory_log::change_member(member_change what, done<status> then) {
  auto result = status::not_found;
  if (what.user_rooms_max > 0 && !what.forget) {
    auto& part = inbox_of(what.row.user);
    const std::lock_guard guard{part.lock};
    const auto found = part.rooms_of.find(what.row.user);
    if (found != part.rooms_of.end() && found->second.size() >= what.user_rooms_max && !found->second.count(what.room))
      result = status::too_many_rooms;
  }
  if (result != status::too_many_rooms) {
    auto& part = stripe_of(what.room);
    const std::lock_guard guard{part.lock};
    if (const auto found = part.rooms.find(what.room); found != part.rooms.end())
      result = found->second.change(what);
  }
  if (result == status::ok) {
    if (what.forget) {
      drop_from_inbox(what.row.user, what.room);
    } else {
      auto& part = inbox_of(what.row.user);
      const std::lock_guard guard{part.lock};
      part.rooms_of[what.row.user].insert(what.room);
    }
  }
  counters_.count_refusal(result);
  then(result);
}

void memory_log::prune_room(prune what, done<prune_result> then) {
  prune_result result;
  {
    auto& part = stripe_of(what.room);
    const std::lock_guard guard{part.lock};
    const auto found = part.rooms.find(what.room);
    if (found == part.rooms.end())
      result.status = status::not_found;
    else
      result = found->second.prune_to(what);
  }
  counters_.count_refusal(result.status);
  then(result);
}

void memory_log::inbox(inbox_query what, done<inbox_result> then) {
  std::vector<std::string> names;
  {
    auto& part = inbox_of(what.user);
    const std::lock_guard guard{part.lock};
    if (const auto found = part.rooms_of.find(what.user); found != part.rooms_of.end())
      names.assign(found->second.upper_bound(what.after), found->second.end());
  }
  inbox_result result;
  result.status = status::ok;
  for (auto& name : names) {
    auto& part = stripe_of(name);
    const std::lock_guard guard{part.lock};
    const auto found = part.rooms.find(name);
    const auto* where = found == part.rooms.end() ? nullptr : found->second.member(what.user);
    if (where == nullptr)
      continue;
    if (result.rooms.size() == what.limit) {
      result.more = true;
      break;
    }
    result.rooms.push_back(
      {std::move(name), found->second.head(), where->read, found->second.role_of(what.user, *where)});
  }
  counters_.reads.fetch_add(1, std::memory_order_relaxed);
  then(std::move(result));
}

void memory_log::release(std::string room) {
  std::vector<std::string> users;
  {
    auto& part = stripe_of(room);
    const std::lock_guard guard{part.lock};
    const auto found = part.rooms.find(room);
    if (found == part.rooms.end())
      return;
    for (const auto& [user, where] : found->second.members())
      users.push_back(user);
    part.rooms.erase(found);
  }
  for (const auto& user : users)
    drop_from_inbox(user, room);
}

void memory_log::drop_from_inbox(const std::string& user, const std::string& room) {
  auto& part = inbox_of(user);
  const std::lock_guard guard{part.lock};
  const auto found = part.rooms_of.find(user);
  if (found == part.rooms_of.end())
    return;
  found->second.erase(room);
  if (found->second.empty())
    part.rooms_of.erase(found);
}

} // namespace troupe::storage
