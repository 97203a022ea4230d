#include "apps/troupe/bench/run.hpp"

#include "apps/troupe/bench/board.hpp"
#include "apps/troupe/bench/driver.hpp"
#include "apps/troupe/bench/sockets.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <ctime>
#include <numeric>
#include <pthread.h>
#include <random>
#include <sched.h>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace troupe::bench {

namespace {

using namespace std::chrono_literals;

std::atomic<bool> interrupted{false};

double seconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-9; }

void pin(int cpu) {
  if (cpu < 0)
    return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  if (sched_setaffinity(0, sizeof(set), &set) != 0)
    throw std::invalid_argument(fmt::format("--cpu {}: there is no such core for this process", cpu));
}

/// The coordinator: takes the run through its stages and the samples between them.
class coordinator {
public:
  coordinator(const settings& s, const layout& l) : settings_{s}, layout_{l}, board_{s, l}, server_{parse_url(s.url)} {
    out_.plan = l;
    const auto threads = std::clamp(s.threads, 1u, l.connections);
    for (std::uint32_t i = 0; i < threads; ++i) {
      const auto first = static_cast<std::uint32_t>(std::uint64_t{l.connections} * i / threads);
      const auto last = static_cast<std::uint32_t>(std::uint64_t{l.connections} * (i + 1) / threads);
      drivers_.push_back(std::make_unique<driver>(s, l, board_, first, last));
    }
    for (auto& d : drivers_)
      d->meet(drivers_);
  }

  ~coordinator() { finish(); }

  outcome run() {
    sample_before();
    const auto start = steady_ns();
    for (auto& d : drivers_)
      threads_.emplace_back([&d] { d->run(); });
    const bool all = open(start);
    if (all && !interrupted) {
      board_.at = stage::holding;
      hold();
      if (layout_.senders != 0 && !interrupted)
        load();
    }
    conclude();
    return std::move(out_);
  }

private:
  template <class Count>
  std::uint64_t total(Count count) const {
    return std::accumulate(drivers_.begin(), drivers_.end(), std::uint64_t{0},
                           [&](std::uint64_t sum, const auto& d) { return sum + ((*d).*count)(); });
  }

  std::optional<process_sample> sample() const {
    std::optional<process_sample> sum;
    for (const auto pid : settings_.server_pids) {
      const auto one = sample_process(pid);
      if (!one)
        return std::nullopt;
      sum = sum ? *sum + *one : *one;
    }
    return sum;
  }
  std::optional<private_memory> memory() const {
    std::optional<private_memory> sum;
    for (const auto pid : settings_.server_pids)
      sum = sum ? *sum + sample_memory(pid) : sample_memory(pid);
    return sum;
  }

  void sample_before() {
    if (!settings_.server_pids.empty() && !sample())
      throw std::invalid_argument(
        fmt::format("--server-pid {}: there is no such process", fmt::join(settings_.server_pids, ", ")));
    out_.memory_before = memory();
    sockets_before_kb_ = kernel_socket_kb();
  }

  bool open(std::int64_t start) {
    const auto before = sample();
    auto moved = start;
    std::uint64_t seen = 0;
    while (!interrupted) {
      std::this_thread::sleep_for(2ms);
      const auto ready = total(&driver::ready_count);
      const auto now = steady_ns();
      if (ready != seen) {
        seen = ready;
        moved = now;
      }
      progress([&] { return fmt::format("opening {} of {}", ready, layout_.connections); });
      if (ready == layout_.connections || total(&driver::failed_count) != 0 || seconds(now - moved) > settings_.stall_s)
        break;
    }
    out_.opened = static_cast<std::uint32_t>(total(&driver::ready_count));
    out_.opening_s = seconds(steady_ns() - start);
    if (const auto after = sample(); before && after)
      out_.opening_cpu_s = after->cpu_s() - before->cpu_s();
    out_.memory_opened = memory();
    if (out_.opened == layout_.connections)
      return true;
    out_.stalled = total(&driver::failed_count) == 0;
    return false;
  }

  void hold() {
    const auto how_long = settings_.what == scenario::idle ? settings_.hold_s : settings_.settle_s;
    for (const auto end = steady_ns() + static_cast<std::int64_t>(how_long * 1e9); steady_ns() < end && !interrupted;) {
      std::this_thread::sleep_for(10ms);
      progress([&] { return fmt::format("holding {} connections", out_.opened); });
    }
    out_.memory_held = memory();
    out_.kernel_socket_kb = kernel_socket_kb() - sockets_before_kb_;
  }

  void load() {
    board_.sending_from_ns = steady_ns();
    board_.at.store(stage::sending, std::memory_order_release);
    watch(settings_.warmup_s, "warm-up");
    const auto calls_before = send_calls();
    const auto before = sample();
    const auto own_before = own_cpu();
    const auto machine_before = machine_cpu_s();
    const auto arrived_before = total(&driver::arrived_count);
    const auto sent_before = total(&driver::sent_count);
    const auto from = steady_ns();
    board_.measure_from_ns = from;
    watch(settings_.duration_s, "measuring");
    const auto to = steady_ns();
    board_.measure_to_ns = to;
    out_.deliveries = total(&driver::arrived_count) - arrived_before;
    out_.messages = total(&driver::sent_count) - sent_before;
    const auto after = sample();
    const auto own_after = own_cpu();
    const auto machine_after = machine_cpu_s();
    const auto calls_after = send_calls();
    board_.at.store(stage::draining, std::memory_order_release);

    out_.window_s = seconds(to - from);
    if (before && after) {
      out_.window_cpu_s = after->cpu_s() - before->cpu_s();
      out_.window_system_s = after->system_s - before->system_s;
    }
    if (calls_before && calls_after)
      out_.send_calls = *calls_after - *calls_before;
    double own_sum = 0;
    for (std::size_t i = 0; i < own_after.size(); ++i) {
      own_sum += own_after[i] - own_before[i];
      out_.own_cpu = std::max(out_.own_cpu, (own_after[i] - own_before[i]) / out_.window_s);
    }
    if (out_.window_cpu_s)
      out_.others_cpu = std::max(0.0, machine_after - machine_before - own_sum - *out_.window_cpu_s) / out_.window_s;
    drain();
  }

  /// Waits, ends early when nothing moves any more or the user has had enough.
  void watch(double how_long_s, const char* what) {
    const auto start = steady_ns();
    const auto end = start + static_cast<std::int64_t>(how_long_s * 1e9);
    auto moved = start;
    auto seen = total(&driver::arrived_count);
    while (!interrupted && !out_.stalled) {
      const auto now = steady_ns();
      if (now >= end)
        return;
      std::this_thread::sleep_for(std::chrono::nanoseconds{std::min<std::int64_t>(end - now, 50'000'000)});
      const auto arrived = total(&driver::arrived_count);
      if (arrived != seen || total(&driver::sent_count) == 0) {
        seen = arrived;
        moved = steady_ns();
      }
      const bool owing = seen < expected();
      out_.stalled = owing && seconds(steady_ns() - moved) > settings_.stall_s;
      progress([&] { return fmt::format("{} {:.0f} s", what, seconds(steady_ns() - start)); });
    }
  }

  void drain() {
    const auto start = steady_ns();
    auto moved = start;
    auto seen = total(&driver::arrived_count);
    while (!interrupted) {
      const auto arrived = total(&driver::arrived_count);
      const auto now = steady_ns();
      if (arrived != seen) {
        seen = arrived;
        moved = now;
      }
      if (arrived >= expected() || seconds(now - moved) > settings_.stall_s ||
          seconds(now - start) > settings_.drain_s_max)
        break;
      progress([&] { return std::string{"draining"}; });
      std::this_thread::sleep_for(10ms);
    }
    std::this_thread::sleep_for(100ms); // What comes twice may come after everything else.
  }

  std::uint64_t expected() const {
    return (total(&driver::sent_count) - total(&driver::refused_count)) * layout_.audience();
  }

  std::optional<double> send_calls() {
    if (settings_.dialect == speech::troupe && !settings_.send_calls_metric.empty()) {
      if (const auto sum = sum_of_metric(http_get(server_, "/metrics"), settings_.send_calls_metric)) {
        out_.send_calls_from = settings_.send_calls_metric;
        return sum;
      }
    }
    if (const auto s = sample(); s && s->writes > 0) {
      out_.send_calls_from = "write() and writev() calls";
      return static_cast<double>(s->writes);
    }
    return std::nullopt;
  }

  std::vector<double> own_cpu() {
    std::vector<double> out;
    for (auto& t : threads_) {
      clockid_t clock{};
      timespec used{};
      if (pthread_getcpuclockid(t.native_handle(), &clock) == 0)
        clock_gettime(clock, &used);
      out.push_back(static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9);
    }
    return out;
  }

  template <class Text>
  void progress(Text text) {
    if (!settings_.progress)
      return;
    const auto now = steady_ns();
    if (now - shown_at_ns_ < 1'000'000'000)
      return;
    const auto arrived = total(&driver::arrived_count);
    const auto server = sample();
    const auto own = own_cpu();
    if (shown_at_ns_ != 0) {
      const auto passed = seconds(now - shown_at_ns_);
      auto line =
        fmt::format("\r{:<28} {:>11.0f} deliveries/s", text(), static_cast<double>(arrived - shown_arrived_) / passed);
      if (server && shown_server_)
        line += fmt::format("   server {:3.0f} %  {} MB", 100 * (server->cpu_s() - shown_server_->cpu_s()) / passed,
                            server->rss_kb / 1024);
      if (own.size() == shown_own_.size() && !own.empty())
        line += fmt::format("   generator {:3.0f} %", 100 * (own[0] - shown_own_[0]) / passed);
      if (const auto bad = total(&driver::refused_count) + total(&driver::failed_count); bad != 0)
        line += fmt::format("   {} refused or closed", bad);
      fmt::print(stderr, "{}\x1b[K", line);
      std::fflush(stderr);
      shown_line_ = true;
    }
    shown_at_ns_ = now;
    shown_arrived_ = arrived;
    shown_server_ = server;
    shown_own_ = own;
  }

  void finish() {
    board_.at.store(stage::finished, std::memory_order_release);
    for (auto& t : threads_)
      if (t.joinable())
        t.join();
  }

  void conclude() {
    out_.server_at_end = sample();
    finish();
    if (shown_line_)
      fmt::print(stderr, "\r\x1b[K");
    for (auto& d : drivers_) {
      d->settle();
      out_.sums += d->sums();
      out_.to_others.merge(d->to_others());
      out_.to_sender.merge(d->to_sender());
      out_.behind.merge(d->behind());
    }
    out_.sent = total(&driver::sent_count);
    out_.refused = total(&driver::refused_count);
    out_.sums.lost -= std::min(out_.sums.lost, out_.refused * layout_.audience());
    out_.misdelivered = total(&driver::misdelivered);
    out_.gaps = total(&driver::gaps);
    out_.connections_lost = total(&driver::failed_count);
    out_.complaints = board_.complaints();
    out_.interrupted = interrupted;
  }

  const settings& settings_;
  const layout& layout_;
  board board_;
  const endpoint server_;
  std::vector<std::unique_ptr<driver>> drivers_;
  std::vector<std::thread> threads_;
  outcome out_;
  std::int64_t sockets_before_kb_ = 0;

  std::int64_t shown_at_ns_ = 0;
  std::uint64_t shown_arrived_ = 0;
  std::optional<process_sample> shown_server_;
  std::vector<double> shown_own_;
  bool shown_line_ = false;
};

} // namespace

outcome run(const settings& s) {
  const auto l = plan(s, std::random_device{}());
  const auto descriptors = raise_descriptor_limit();
  if (l.connections + 64 > descriptors)
    throw std::invalid_argument(fmt::format("{} connections need more descriptors than the {} this process may open",
                                            l.connections, descriptors));
  pin(s.cpu);
  interrupted = false;
  const auto before = std::signal(SIGINT, [](int) { interrupted = true; });
  auto out = coordinator{s, l}.run();
  std::signal(SIGINT, before);
  return out;
}

} // namespace troupe::bench
