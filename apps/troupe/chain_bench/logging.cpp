#include "apps/troupe/chain_bench/article.hpp"

#include "actors/middleware/line_writer.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include <unistd.h>

namespace troupe::chain_bench {

namespace {

using namespace actors;
using steady = std::chrono::steady_clock;

constexpr std::uint32_t lines = 5'000; ///< Of a round, one every …
constexpr std::chrono::microseconds pause{20};
constexpr std::string_view line =
  "time=2026-11-23T12:08:57.123Z node=node-a connection=4096 user=ann endpoint=/ws verb=send "
  "room=support/4711 outcome=ok took_us=812 body_bytes=81";

/// A disk that has other things to do: every hundredth write takes 2 ms.
class busy_sink final : public log_sink {
public:
  explicit busy_sink(std::unique_ptr<log_sink> to) : to_(std::move(to)) {}
  bool write(std::string_view text) override {
    if (++writes_ % 100 == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
    return to_->write(text);
  }
  void give_up() noexcept override { to_->give_up(); }

private:
  std::unique_ptr<log_sink> to_;
  std::uint32_t writes_ = 0;
};

/// How long the caller was kept by a line: on average, and by one in a hundred of them, in ns.
template <class Put>
std::vector<double> round_of(Put put) {
  std::vector<double> took;
  took.reserve(lines);
  double sum = 0;
  auto due = steady::now();
  for (std::uint32_t i = 0; i < lines; ++i, due += pause) {
    while (steady::now() < due) {
    }
    const auto began = steady::now();
    put(line);
    took.push_back(std::chrono::duration<double, std::nano>(steady::now() - began).count());
    sum += took.back();
  }
  std::sort(took.begin(), took.end());
  return {sum / lines, took[took.size() * 99 / 100]};
}

} // namespace

tables measure_log(std::uint32_t rounds) {
  const auto directory = std::filesystem::temp_directory_path() / ("troupe-bench-" + std::to_string(::getpid()));
  const auto sink = [&](const char* name) { return open_sink((directory / name).string()); };
  counter dropped{0};
  tables all;
  {
    line_writer writer{sink("writer"), {65'536}, dropped, [] {}};
    line_writer busy_writer{std::make_unique<busy_sink>(sink("busy-writer")), {65'536}, dropped, [] {}};
    const auto direct = sink("direct");
    busy_sink busy_direct{sink("busy-direct")};
    const auto ended = std::string{line} + '\n';
    const auto to_writer = [](line_writer& to) {
      return [&to] {
        auto figures = round_of([&](std::string_view text) { to.put(text); });
        to.flush();
        return figures;
      };
    };
    const auto to_sink = [&](log_sink& to) {
      return [&to, &ended] { return round_of([&](std::string_view) { to.write(ended); }); };
    };
    all = contest({"ns a line, on average", "ns a line, one in a hundred"},
                  {{"file, by the writer's thread", to_writer(writer)},
                   {"file, at once", to_sink(*direct)},
                   {"busy disk, by the writer's thread", to_writer(busy_writer)},
                   {"busy disk, at once", to_sink(busy_direct)}},
                  rounds);
  }
  std::filesystem::remove_all(directory);
  if (dropped > 0)
    throw std::runtime_error("lines were dropped");
  return all;
}

} // namespace troupe::chain_bench
