// apps/troupe/bench/ledger.hpp
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace troupe::bench {

/// What has arrived, stream by stream. A stream is one receiver's view of one sender:
/// numbers 1, 2, 3 … each of which should come once and in order.
///
/// Dense counters: an arrival in order costs one compare. Holes are kept as ranges, so
/// that what comes late is told from what comes twice; above `holes_max` ranges the
/// first are given up as lost, and their late arrival counts as a duplicate.
/// Threading: none.
class ledger {
public:
  enum class verdict : std::uint8_t {
    next,      ///< In order.
    late,      ///< The first time, but after a higher number.
    duplicate, ///< Seen before.
  };

  struct totals {
    std::uint64_t arrived = 0; ///< Each number of each stream once.
    std::uint64_t lost = 0;    ///< Filled in by `settle`.
    std::uint64_t duplicates = 0;
    std::uint64_t disordered = 0;
    std::uint64_t invented = 0; ///< Arrived but never sent; filled in by `settle`.

    bool clean() const noexcept { return lost + duplicates + disordered + invented == 0; }
    totals& operator+=(const totals& other) noexcept;
  };

  static constexpr std::size_t holes_max = 1u << 20;

  explicit ledger(std::size_t streams) : next_(streams, 1) {}

  verdict observe(std::size_t stream, std::uint32_t number) {
    auto& next = next_[stream];
    if (number == next) [[likely]] {
      ++next;
      ++sums_.arrived;
      return verdict::next;
    }
    return observe_out_of_order(stream, number);
  }

  /// Says, once at the end, how many messages the stream's sender has sent.
  void settle(std::size_t stream, std::uint32_t sent);

  const totals& sums() const noexcept { return sums_; }

private:
  verdict observe_out_of_order(std::size_t stream, std::uint32_t number);

  std::vector<std::uint32_t> next_;
  std::map<std::pair<std::size_t, std::uint32_t>, std::uint32_t> holes_; ///< (stream, first) to one past the last.
  totals sums_;
};

} // namespace troupe::bench
