// tests/support/dice.hpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace troupe::tests {

/// Everything that is left to chance in a simulation, from one seed: the same on every machine.
class dice {
public:
  explicit dice(std::uint64_t seed) : source_(seed) {}

  std::uint64_t operator()() { return source_(); }
  /// `lowest` … `highest`.
  std::int64_t between(std::int64_t lowest, std::int64_t highest) {
    return lowest + static_cast<std::int64_t>(source_() % static_cast<std::uint64_t>(highest - lowest + 1));
  }
  std::size_t below(std::size_t bound) { return source_() % bound; }
  /// True once in `n` throws; never when `n` is 0.
  bool one_in(unsigned n) { return n != 0 && source_() % n == 0; }
  template <class Sequence>
  auto& any_of(Sequence& from) {
    return from[below(from.size())];
  }

private:
  std::mt19937_64 source_;
};

} // namespace troupe::tests
