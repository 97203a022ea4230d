#include "identity/refusal_cache.hpp"

#include <algorithm>

namespace troupe::identity {

std::optional<refusal> refusal_cache::find(const token_digest& token, std::uint64_t generation, time_ms now) const {
  if (slots_.empty())
    return std::nullopt;
  const std::lock_guard turn{mutex_};
  for (auto i = first_of(token), end = i + ways; i != end; ++i) {
    const auto& known = slots_[i];
    if (known.until > now && known.generation == generation && known.token == token)
      return known.why;
  }
  return std::nullopt;
}

void refusal_cache::remember(const token_digest& token, refusal why, std::uint64_t generation, time_ms now) {
  if (slots_.empty())
    return;
  const std::lock_guard turn{mutex_};
  const auto first = slots_.begin() + static_cast<std::ptrdiff_t>(first_of(token));
  const auto last = first + static_cast<std::ptrdiff_t>(ways);
  auto place = std::find_if(first, last, [&](const slot& s) { return s.token == token; });
  if (place == last)
    place = std::min_element(first, last, [](const slot& a, const slot& b) { return a.until < b.until; });
  *place = {token, generation, now + keep_ms_, why};
}

std::size_t refusal_cache::size(time_ms now) const {
  const std::lock_guard turn{mutex_};
  return static_cast<std::size_t>(std::ranges::count_if(slots_, [&](const slot& s) { return s.until > now; }));
}

} // namespace troupe::identity
