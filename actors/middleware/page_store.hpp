// actors/middleware/page_store.hpp
#pragma once

#include "protocol/messages.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace troupe::actors {

/// Which page of a room.
struct page_key {
  std::string room;
  protocol::seq_t after = 0;
  protocol::seq_t before = 0; ///< 0: the page goes forward from `after`.
  std::uint32_t limit = 0;
  bool raw = false;
  auto operator<=>(const page_key&) const = default;

  /// Nothing for the newest page, which changes with every message.
  static std::optional<page_key> of(const protocol::client::fetch& what);

  /// True for a page that later messages do not change: it begins or ends where it was asked to, and the room has more
  /// in that direction.
  bool is_settled(const protocol::server::page& page) const;
};

/// Pages that were read lately.
///
/// Time:   only `now` counts; a page is good for `ttl_ms`.
/// Limits: `pages_max` and `bytes_max`; the page that was used longest ago goes first.
class page_store {
public:
  using shared_page = std::shared_ptr<const protocol::server::page>;

  /// For what comes after. Until the first call nothing is kept.
  void set_bounds(std::int64_t ttl_ms, std::size_t pages_max, std::size_t bytes_max) {
    ttl_ms_ = ttl_ms;
    pages_max_ = pages_max;
    bytes_max_ = bytes_max;
  }

  shared_page find(const page_key& key, protocol::time_ms now);
  /// False when it is too large to be kept.
  bool put(const page_key& key, shared_page page, protocol::time_ms now);

  std::size_t pages() const noexcept { return by_key_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }

private:
  struct kept {
    page_key key;
    shared_page page;
    std::size_t bytes = 0;
    protocol::time_ms until = 0;
  };
  using place = std::list<kept>::iterator;

  void drop(place which);

  std::int64_t ttl_ms_ = 0;
  std::size_t pages_max_ = 0;
  std::size_t bytes_max_ = 0;
  std::size_t bytes_ = 0;
  std::list<kept> by_use_; ///< The last used one first.
  std::map<page_key, place> by_key_;
};

} // namespace troupe::actors
