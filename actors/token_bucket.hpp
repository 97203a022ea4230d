// actors/token_bucket.hpp
#pragma once

#include <algorithm>
#include <cstdint>

namespace troupe::actors {

/// `rate_per_s` tokens a second, at most `burst` at once. A rate of 0 never refuses.
class token_bucket {
public:
  token_bucket(std::uint32_t rate_per_s, std::uint32_t burst, std::int64_t now_ms)
    : rate_per_s_(rate_per_s), burst_(burst), tokens_(burst), filled_at_(now_ms) {}

  /// 0 when a token was taken, else the milliseconds until there is one.
  std::uint32_t take(std::int64_t now_ms) {
    if (rate_per_s_ == 0)
      return 0;
    const auto passed = std::max<std::int64_t>(0, now_ms - filled_at_);
    tokens_ = std::min<double>(burst_, tokens_ + static_cast<double>(passed) * rate_per_s_ / 1000.0);
    filled_at_ = std::max(filled_at_, now_ms);
    if (tokens_ >= 1) {
      tokens_ -= 1;
      return 0;
    }
    return static_cast<std::uint32_t>((1 - tokens_) * 1000.0 / rate_per_s_) + 1;
  }

private:
  std::uint32_t rate_per_s_;
  std::uint32_t burst_;
  double tokens_;
  std::int64_t filled_at_;
};

} // namespace troupe::actors
