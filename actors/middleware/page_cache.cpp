// page_cache: history pages that somebody else got a moment ago.
#include "actors/middleware/built_in.hpp"
#include "actors/middleware/page_store.hpp"
#include "actors/services.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace troupe::actors {

namespace {

constexpr std::size_t waiting_max = 256; ///< Fetches that wait for one page; further ones ask the room.

/// What a place in the chains keeps. It outlives the step.
struct pages {
  struct flight {
    const passage* leader = nullptr; ///< Its answer is waited for.
    std::vector<later> waiting;
  };

  page_store kept;
  std::map<page_key, flight> under_way;
};

/// Answers fetches of pages that later messages do not change, for those whom the room has let in and who do not wait for
/// the page to close a gap. Concurrent fetches of one page are one read: the others wait for its answer, and ask the room
/// themselves when it is none or late.
///
/// Needs: identity. Provides: nothing. Blocks: no, `wait` until `wait_ms`. State: pages per place in the chains and I/O
/// thread. Answers: `page`. Limits: for `ttl_ms` a page may lack an edit or a deletion. Rooms in memory are not cached:
/// they read from memory anyway, and one that was rebuilt has another epoch.
class page_cache final : public step {
public:
  page_cache(services& around, const config::page_cache_options& how, std::shared_ptr<pages> state)
    : around_(around), wait_ms_(how.wait_ms), state_(std::move(state)) {
    state_->kept.set_bounds(how.ttl_ms, how.pages_max, static_cast<std::size_t>(how.bytes_max));
  }

  verdict admit(passage& what) override {
    const auto key = key_of(what);
    if (!key || !what.takes_copy())
      return pass{};
    if (auto known = recall(around_, *state_, *key, what))
      return std::move(*known);
    auto [flight, first] = state_->under_way.try_emplace(*key);
    if (first) {
      around_.counters.page_cache_misses.fetch_add(1, std::memory_order_relaxed);
      flight->second.leader = &what;
      return pass{};
    }
    if (flight->second.waiting.size() >= waiting_max)
      return pass{};
    flight->second.waiting.push_back(what.resume_later());
    return wait{around_.now() + wait_ms_, true};
  }

  void settle(const passage& what, const outcome& how) override {
    const auto key = key_of(what);
    if (!key)
      return;
    const bool kept = how.page && key->is_settled(*how.page) &&
                      state_->kept.put(*key, std::make_shared<const protocol::server::page>(*how.page), around_.now());
    const auto flight = state_->under_way.find(*key);
    if (flight == state_->under_way.end() || flight->second.leader != &what)
      return;
    const auto waiting = std::move(flight->second.waiting);
    state_->under_way.erase(flight);
    for (const auto& resume : waiting)
      if (kept)
        resume([&around = around_, state = state_, key = *key](passage& waited) {
          auto known = waited.takes_copy() ? recall(around, *state, key, waited) : std::nullopt;
          return known ? std::move(*known) : verdict{pass{}};
        });
      else
        resume([](passage&) { return pass{}; });
  }

private:
  static std::optional<verdict> recall(services& around, pages& from, const page_key& key, const passage& what) {
    const auto page = from.kept.find(key, around.now());
    if (!page)
      return std::nullopt;
    around.counters.page_cache_hits.fetch_add(1, std::memory_order_relaxed);
    auto mine = *page;
    mine.re = *id_of(what.request);
    return answer{std::move(mine)};
  }

  std::optional<page_key> key_of(const passage& what) const {
    const auto* fetch = std::get_if<protocol::client::fetch>(&what.request);
    if (!fetch || around_.patterns.policy_for(fetch->room).durability == protocol::durability::memory)
      return std::nullopt;
    return page_key::of(*fetch);
  }

  services& around_;
  std::int64_t wait_ms_;
  std::shared_ptr<pages> state_;
};

} // namespace

step_kind page_cache_step() {
  step_traits traits;
  traits.name = "page_cache";
  traits.purpose =
    "answers fetches of old pages that somebody else got a moment ago; reads a page once for all who want it";
  traits.needs = {fact::identity};
  traits.verbs = {verb::fetch};
  traits.state = scope::io_thread;
  traits.price = cost::moderate;
  traits.settles = true;
  traits.answers = true;
  return {std::move(traits), [](const step_surroundings& here) {
            return std::make_unique<page_cache>(here.node, here.options.page_cache, here.remember<pages>());
          }};
}

} // namespace troupe::actors
