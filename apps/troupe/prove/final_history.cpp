#include "apps/troupe/prove/final_history.hpp"

#include "apps/troupe/operations/http_call.hpp"
#include "apps/troupe/operations/look_at.hpp"
#include "checker/observed.hpp"
#include "protocol/limits.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <thread>

namespace troupe::prove {

namespace {

using checker::seq_t;

constexpr std::chrono::seconds read_within{30};

} // namespace

void record_final_history(checker::recorder& into, const std::string& room, const std::string& user,
                          const std::function<std::vector<client::endpoint>()>& nodes) {
  std::size_t turn = 0;
  const auto page_of = [&](const std::string& which) {
    const auto target = operations::room_target(room, "messages") + fmt::format("?user={}&raw=true&{}", user, which);
    const auto until = std::chrono::steady_clock::now() + read_within;
    std::string last = "none serves";
    while (std::chrono::steady_clock::now() < until) {
      if (const auto asked = nodes(); !asked.empty())
        try {
          auto read = protocol::decode_server_json(operations::good_answer(asked[turn % asked.size()], "GET", target));
          if (auto* push = std::get_if<protocol::push>(&read))
            if (auto* page = std::get_if<protocol::server::page>(push))
              return std::move(*page);
        } catch (const operations::trouble& why) {
          last = why.what();
        }
      ++turn;
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
    throw std::runtime_error("no node gave its log: " + last);
  };
  // The newest page tells the head independently of the reading, which may go beyond it.
  const auto newest = page_of("limit=1");
  const auto head = newest.messages.empty() ? 0 : newest.messages.back().seq;
  std::optional<checker::final_history> history;
  for (seq_t after = 0;;) {
    const auto page = page_of(fmt::format("after={}&limit={}", after, protocol::limits::page_messages_max));
    if (!history)
      history.emplace(into, room, page.epoch, page.min, head, page.prev);
    for (const auto& raw : page.messages)
      history->row(raw);
    if (!page.more || page.messages.empty())
      return;
    after = page.messages.back().seq;
  }
}

} // namespace troupe::prove
