#include "actors/middleware/page_store.hpp"

#include <utility>

namespace troupe::actors {

namespace {

/// What it takes in memory, roughly.
std::size_t bytes_of(const protocol::server::page& page) {
  auto bytes = sizeof page + page.room.size() + page.epoch.size() + page.prev.size();
  const auto text = [&](const auto& optional) { bytes += optional ? optional->size() : 0; };
  for (const auto& entry : page.messages) {
    bytes += sizeof entry + entry.from.size() + entry.cid.size() + entry.kind.size();
    text(entry.body);
    text(entry.salt);
    text(entry.digest);
    if (!entry.reactions)
      continue;
    for (const auto& reaction : *entry.reactions) {
      bytes += sizeof reaction + reaction.emoji.size();
      for (const auto& user : reaction.users)
        bytes += sizeof user + user.size();
    }
  }
  return bytes;
}

} // namespace

std::optional<page_key> page_key::of(const protocol::client::fetch& what) {
  if (!what.after && what.before.value_or(0) == 0)
    return std::nullopt;
  return page_key{what.room, what.after.value_or(0), what.before.value_or(0), what.limit, what.raw.value_or(false)};
}

bool page_key::is_settled(const protocol::server::page& page) const {
  if (!page.more || page.messages.empty())
    return false;
  return before == 0 ? page.messages.front().seq == after + 1 : page.messages.back().seq + 1 == before;
}

page_store::shared_page page_store::find(const page_key& key, protocol::time_ms now) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end())
    return nullptr;
  if (found->second->until <= now) {
    drop(found->second);
    return nullptr;
  }
  by_use_.splice(by_use_.begin(), by_use_, found->second);
  return found->second->page;
}

bool page_store::put(const page_key& key, shared_page page, protocol::time_ms now) {
  if (const auto found = by_key_.find(key); found != by_key_.end())
    drop(found->second);
  const auto bytes = bytes_of(*page) + 2 * (sizeof(kept) + key.room.size());
  if (bytes > bytes_max_)
    return false;
  while (!by_use_.empty() && (by_use_.size() >= pages_max_ || bytes_ + bytes > bytes_max_))
    drop(std::prev(by_use_.end()));
  by_use_.push_front({key, std::move(page), bytes, now + ttl_ms_});
  by_key_[key] = by_use_.begin();
  bytes_ += bytes;
  return true;
}

void page_store::drop(place which) {
  bytes_ -= which->bytes;
  by_key_.erase(which->key);
  by_use_.erase(which);
}

} // namespace troupe::actors
