#include "apps/troupe/prove/stream_watch.hpp"

#include <algorithm>
#include <functional>

namespace troupe::prove {

void stream_watch::numbered(std::size_t room, seq_t seq, std::string_view from, std::string_view cid) {
  auto& r = rooms_[room];
  r.highest = std::max(r.highest, seq);
  const auto message = std::hash<std::string_view>{}(cid)*31 + std::hash<std::string_view>{}(from);
  const auto [place, is_new] = r.messages.try_emplace(seq, message);
  if (!is_new) {
    if (place->second != message)
      ++lost_;
    return;
  }
  if (const auto [known, first] = r.numbers.try_emplace(message, seq); !first && known->second != seq)
    ++doubled_;
  if (r.messages.size() > numbers_max) {
    const auto oldest = r.messages.begin();
    if (const auto known = r.numbers.find(oldest->second); known != r.numbers.end() && known->second == oldest->first)
      r.numbers.erase(known);
    r.messages.erase(oldest);
  }
}

} // namespace troupe::prove
