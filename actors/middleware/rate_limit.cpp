// rate_limit: so many requests of one connection, one user, one address.
#include "actors/middleware/built_in.hpp"
#include "actors/sequencer.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace troupe::actors {

namespace {

using protocol::code;
using protocol::retry;

/// Token buckets by key, for all I/O threads of a node.
///
/// Threading: any; a short lock on one of `parts` maps.
/// Limits:    `keys_max` keys. A bucket that is full again says no more than none does, so those go first; a table
///            that has no full one forgets the one that was touched longest ago.
template <class Key>
class shared_buckets {
public:
  static constexpr std::size_t parts = 16;
  static constexpr std::size_t keys_max = 1 << 20;

  std::uint32_t take(const Key& key, std::uint32_t rate_per_s, std::uint32_t burst, time_ms now) {
    auto& part = parts_[std::hash<Key>{}(key) % parts];
    const std::lock_guard lock(part.mutex);
    auto found = part.buckets.find(key);
    if (found == part.buckets.end()) {
      if (part.buckets.size() >= keys_max / parts)
        make_room(part, rate_per_s, burst, now);
      found = part.buckets.emplace(key, entry{token_bucket{rate_per_s, burst, now}, now}).first;
    }
    found->second.touched = now;
    return found->second.bucket.take(now);
  }

private:
  struct entry {
    token_bucket bucket;
    time_ms touched = 0;
  };
  struct part {
    std::mutex mutex;
    std::unordered_map<Key, entry> buckets;
  };

  static void make_room(part& in, std::uint32_t rate_per_s, std::uint32_t burst, time_ms now) {
    const auto full_after_ms = static_cast<time_ms>(burst) * 1'000 / std::max(1U, rate_per_s) + 1;
    std::erase_if(in.buckets, [&](const auto& b) { return b.second.touched + full_after_ms <= now; });
    if (in.buckets.size() < keys_max / parts)
      return;
    in.buckets.erase(std::min_element(in.buckets.begin(), in.buckets.end(), [](const auto& a, const auto& b) {
      return a.second.touched < b.second.touched;
    }));
  }

  std::array<part, parts> parts_;
};

/// What all threads of a node count together. It outlives every step.
struct node_buckets {
  shared_buckets<std::string> users;
  shared_buckets<std::uint64_t> addresses;
};

/// Needs: identity, for the rate per user. State: per connection in the caller, per user and address on the node.
/// Answers: rate_limited with `after_ms`.
class rate_limit final : public step {
public:
  rate_limit(const config::rate_limit_options& rates, std::shared_ptr<node_buckets> node)
    : rates_(rates), node_(std::move(node)) {}

  verdict admit(passage& what) override {
    const auto now = what.began;
    const bool sends = what.what == verb::send;
    if (const auto wait_ms = sends ? what.by.sends.take(now) : what.by.requests.take(now); wait_ms > 0)
      return slow_down(sends ? "too many sends: wait" : "too many requests: wait", wait_ms);
    if (rates_.ip_requests_per_s > 0)
      if (const auto wait_ms =
            node_->addresses.take(what.by.address_hash, rates_.ip_requests_per_s, rates_.ip_requests_burst, now);
          wait_ms > 0)
        return slow_down("too many requests from your address: wait", wait_ms);
    if (sends && rates_.user_sends_per_s > 0)
      if (const auto wait_ms =
            node_->users.take(what.who().user, rates_.user_sends_per_s, rates_.user_sends_burst, now);
          wait_ms > 0)
        return slow_down("you send too much: wait", wait_ms);
    return pass{};
  }

private:
  static refuse slow_down(const char* message, std::uint32_t wait_ms) {
    return {refusal(code::rate_limited, message, retry::after, wait_ms)};
  }

  config::rate_limit_options rates_;
  std::shared_ptr<node_buckets> node_;
};

} // namespace

step_kind rate_limit_step() {
  step_traits traits;
  traits.name = "rate_limit";
  traits.purpose = "so many requests of a connection, so many sends of a user, so much of an address";
  traits.needs = {fact::identity};
  traits.verbs = {verb::rooms,    verb::join,   verb::leave, verb::send,    verb::fetch,
                  verb::presence, verb::typing, verb::mark,  verb::moderate};
  traits.state = scope::node;
  traits.limits_user = true;
  return {std::move(traits), [node = std::make_shared<node_buckets>()](const step_surroundings& around) {
            return std::make_unique<rate_limit>(around.options.rate_limit, node);
          }};
}

} // namespace troupe::actors
