#include "apps/troupe/chain_bench/article.hpp"

#include "transport/buffer_pool.hpp"

#include <chrono>
#include <cstring>
#include <memory>
#include <random>
#include <utility>

namespace troupe::chain_bench {

namespace {

using transport::buffer_pool;

constexpr std::size_t under_way = 64;       ///< Messages in pieces at a time, on one thread.
constexpr std::uint32_t loans = 100'000;    ///< Of a round.
constexpr std::size_t never_ending = 4'000; ///< Senders that send all but the end of a message of 64 KiB.
constexpr std::size_t pool_bytes_max = 64 * 1024 * 1024;

/// What a frame's bytes do to its buffer.
void fill(char* to, std::size_t bytes) { std::memset(to, 'x', bytes); }

std::vector<std::size_t> sizes() {
  std::mt19937_64 random{1};
  std::vector<std::size_t> all(4'096);
  for (auto& size : all)
    size = random() % 8 == 0 ? 1 + random() % (64 * 1024) : 1 + random() % 8'192;
  return all;
}

template <class Get>
double ns_a_loan(const std::vector<std::size_t>& wanted, Get get) {
  std::vector<decltype(get(1))> held(under_way);
  const auto began = std::chrono::steady_clock::now();
  for (std::uint32_t i = 0; i < loans; ++i)
    held[i % under_way] = get(wanted[i % wanted.size()]);
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  return took.count() / loans;
}

} // namespace

tables measure_buffers(std::uint32_t rounds) {
  const auto wanted = sizes();
  buffer_pool pool{pool_bytes_max};
  const auto pooled = [&](std::size_t bytes) {
    auto buffer = std::move(*pool.acquire(bytes));
    buffer.data()[0] = 'x';
    return buffer;
  };
  const auto allocated = [](std::size_t bytes) {
    auto buffer = std::make_unique_for_overwrite<char[]>(bytes);
    buffer[0] = 'x';
    return buffer;
  };
  auto all = contest({"ns a buffer"},
                     {{"of the pool", [&] { return std::vector{ns_a_loan(wanted, pooled)}; }},
                      {"allocated", [&] { return std::vector{ns_a_loan(wanted, allocated)}; }}},
                     rounds);
  const auto bounded = [] {
    buffer_pool of_one_thread{pool_bytes_max};
    std::vector<buffer_pool::buffer> held;
    for (std::size_t i = 0; i < never_ending; ++i)
      if (auto one = of_one_thread.acquire(64 * 1024)) { // Else its sender is refused.
        fill(one->data(), 64 * 1024);
        held.push_back(std::move(*one));
      }
  };
  const auto unbounded = [] {
    std::vector<std::unique_ptr<char[]>> held;
    for (std::size_t i = 0; i < never_ending; ++i) {
      held.push_back(std::make_unique_for_overwrite<char[]>(64 * 1024));
      fill(held.back().get(), 64 * 1024);
    }
  };
  const auto mib = [](const std::function<void()>& what) {
    return std::vector{static_cast<double>(peak_kib_of(what)) / 1'024};
  };
  const auto memory =
    contest({"MiB at most, 4,000 messages that never end"},
            {{"of the pool", [&] { return mib(bounded); }}, {"allocated", [&] { return mib(unbounded); }}}, 3);
  all.insert(all.end(), memory.begin(), memory.end());
  return all;
}

} // namespace troupe::chain_bench
