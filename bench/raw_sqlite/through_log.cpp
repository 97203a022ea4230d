#include "bench/raw_sqlite/load.hpp"
#include "storage/sole_owner.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <stdexcept>

namespace troupe::bench {

namespace {

using steady = std::chrono::steady_clock;

std::unique_ptr<storage::sole_owner> start(const std::string& directory) {
  storage::sqlite_settings settings;
  settings.store.directory = directory;
  auto started = storage::sole_owner::start(std::move(settings), {.node = "bench", .boot = "bench"});
  if (!started.owner)
    throw std::runtime_error(started.failure);
  return std::move(started.owner);
}

/// A room that always has its next run ready: `wanted` messages, made while the one
/// before is being committed, as real rooms collect what arrives meanwhile.
struct busy_room {
  unsigned index = 0;
  std::string name;
  storage::term_t term = 0;
  std::string epoch;
  storage::seq_t head = 0;
};

class closed_loop {
public:
  closed_loop(storage::sole_owner& owner, const load_settings& with) : log_(owner.log()), source_(with) {
    for (unsigned i = 0; i < with.rooms; ++i) {
      const auto name = "room-" + std::to_string(i);
      rooms_.push_back({i, name, owner.term_of(name), {}, 0});
      std::promise<storage::open_result> opened;
      log_.open({name, rooms_.back().term, "epoch", 0, 0}, [&](auto r) { opened.set_value(std::move(r)); });
      rooms_.back().epoch = opened.get_future().get().head.epoch;
    }
    run_messages_ = std::max(1u, 2 * with.batch / with.rooms);
  }

  /// Runs on the caller's thread, which stands for the rooms' threads.
  std::uint64_t go(double seconds) {
    for (auto& room : rooms_)
      idle_.push_back(&room);
    in_flight_ = 0;
    const auto end = steady::now() + std::chrono::duration<double>(seconds);
    std::unique_lock hold{lock_};
    while (steady::now() < end) {
      wake_.wait(hold, [this] { return !idle_.empty(); });
      const auto ready = std::exchange(idle_, {});
      hold.unlock();
      for (auto* room : ready)
        send(*room);
      hold.lock();
    }
    wake_.wait(hold, [this] { return in_flight_ == 0; });
    if (failed_)
      throw std::runtime_error("a run was refused");
    return stored_;
  }

private:
  void send(busy_room& room) {
    storage::run run{room.name, room.term, room.epoch, {}};
    for (unsigned i = 0; i < run_messages_; ++i)
      run.records.push_back(source_.next(room.index, ++room.head));
    ++in_flight_;
    log_.append(std::move(run), [this, &room](storage::append_result r) {
      const std::lock_guard guard{lock_};
      failed_ = failed_ || r.status != storage::status::ok;
      stored_ += run_messages_;
      idle_.push_back(&room);
      if (--in_flight_ == 0 || idle_.size() == 1)
        wake_.notify_one();
    });
  }

  storage::sqlite_log& log_;
  message_source source_;
  std::vector<busy_room> rooms_;
  unsigned run_messages_ = 1;
  std::mutex lock_;
  std::condition_variable wake_;
  std::vector<busy_room*> idle_;
  std::atomic<std::uint64_t> in_flight_{0};
  std::uint64_t stored_ = 0;
  bool failed_ = false;
};

} // namespace

throughput log_throughput(const load_settings& with) {
  const auto owner = start(with.directory);
  closed_loop loop{*owner, with};
  const auto& counters = owner->log().counters();
  const auto commits_before = counters.commits.load();
  const auto cpu_before = cpu_us();
  const auto begin = steady::now();
  const auto rows = static_cast<double>(loop.go(with.seconds));
  const std::chrono::duration<double> took = steady::now() - begin;
  const auto commits = static_cast<double>(counters.commits.load() - commits_before);
  return {rows / took.count(), rows / commits, (cpu_us() - cpu_before) / rows};
}

latency log_single_appends(const load_settings& with) {
  const auto owner = start(with.directory);
  auto& log = owner->log();
  message_source source{with};
  const auto term = owner->term_of("lounge");
  std::promise<storage::open_result> opened;
  log.open({"lounge", term, "epoch", 0, 0}, [&](auto r) { opened.set_value(std::move(r)); });
  opened.get_future().wait();
  std::vector<double> us;
  for (unsigned i = 0; i < with.singles; ++i) {
    storage::run run{"lounge", term, "epoch", {source.next(0, i + 1)}};
    std::promise<void> acked;
    const auto begin = steady::now();
    log.append(std::move(run), [&](storage::append_result) { acked.set_value(); });
    acked.get_future().wait();
    us.push_back(std::chrono::duration<double, std::micro>(steady::now() - begin).count());
  }
  return percentiles(std::move(us));
}

} // namespace troupe::bench
