#include "apps/troupe/chain_bench/article.hpp"

#include "actors/outbound_queue.hpp"

#include <chrono>
#include <functional>
#include <limits>
#include <string>

namespace troupe::chain_bench {

namespace {

using namespace actors;

constexpr std::size_t readers = 200;
constexpr std::size_t silent = 20; ///< Of these read nothing.
constexpr std::uint32_t messages = 50'000;
constexpr std::size_t turn = 16; ///< Messages between two looks at the sockets.

struct fate {
  double ns_a_delivery = 0; ///< To those who read.
  std::uint64_t dropped = 0;
};

/// One room; what a message says differs, so that each is a frame of its own.
fate broadcast(const config::outbound_options& bounds) {
  std::vector<outbound_queue> queues(readers);
  std::vector<shared_frame> sent;
  fate result;
  std::string body(500, 'x');
  const auto began = std::chrono::steady_clock::now();
  for (std::uint32_t i = 0; i < messages; ++i) {
    const auto one = frame::make(body);
    for (auto& queue : queues)
      result.dropped += queue.push(one, frame_class::message, bounds) == queued::taken ? 0 : 1;
    if (i % turn == turn - 1)
      for (std::size_t r = silent; r < readers; ++r) {
        queues[r].take(sent, std::numeric_limits<std::size_t>::max());
        sent.clear();
      }
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  result.ns_a_delivery = took.count() / (static_cast<double>(messages) * (readers - silent));
  return result;
}

config::outbound_options unbounded() {
  config::outbound_options bounds;
  bounds.bytes_max = bounds.drop_typing_bytes = bounds.conflate_bytes = bounds.gap_bytes =
    std::numeric_limits<std::uint32_t>::max();
  return bounds;
}

} // namespace

tables measure_broadcast(std::uint32_t rounds) {
  const config::outbound_options defaults;
  const auto without = unbounded();
  const auto measure = [](const config::outbound_options& bounds) {
    const auto found = broadcast(bounds);
    const auto peak = peak_kib_of([&] { broadcast(bounds); });
    return std::vector{found.ns_a_delivery, static_cast<double>(peak) / 1'024,
                       static_cast<double>(found.dropped) / silent};
  };
  return contest({"ns a delivery to who reads", "MiB at most", "messages a silent reader has to fetch"},
                 {{"bounded", [&] { return measure(defaults); }}, {"unbounded", [&] { return measure(without); }}},
                 rounds);
}

} // namespace troupe::chain_bench
