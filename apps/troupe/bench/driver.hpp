// apps/troupe/bench/driver.hpp
#pragma once

#include "apps/troupe/bench/board.hpp"
#include "apps/troupe/bench/dialect.hpp"
#include "apps/troupe/bench/histogram.hpp"
#include "apps/troupe/bench/ledger.hpp"
#include "apps/troupe/bench/sockets.hpp"

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace troupe::bench {

/// One thread with its share of the connections: opens them, sends what is due, reads
/// everything that comes, checks each delivery.
///
/// Raw epoll, edge-triggered, one large receive buffer for all sockets: a delivery costs
/// the generator about a third of what the leanest server spends on it, otherwise the
/// generator would be what is measured.
/// Latency counts from the time a message was scheduled for, so a generator or a server
/// that falls behind shows it (no coordinated omission).
/// Threading: `run` is the thread. Figures marked live may be read meanwhile, the others
/// after it has ended. `wake` may be called from any thread.
class driver final : private events {
public:
  /// Owns connections `first` to `last` - 1.
  driver(const settings& s, const layout& l, board& b, std::uint32_t first, std::uint32_t last);
  ~driver();
  driver(const driver&) = delete;
  driver& operator=(const driver&) = delete;

  /// All drivers of the run, in the order of their connections. Before `run`.
  void meet(std::span<const std::unique_ptr<driver>> all) { all_ = all; }

  void run();

  // -- live ---------------------------------------------------------------------
  std::uint32_t ready_count() const noexcept { return ready_.load(std::memory_order_relaxed); }
  std::uint32_t failed_count() const noexcept { return failed_.load(std::memory_order_relaxed); }
  std::uint64_t arrived_count() const noexcept { return arrived_.load(std::memory_order_relaxed); }
  std::uint64_t sent_count() const noexcept { return sent_.load(std::memory_order_relaxed); }
  std::uint64_t refused_count() const noexcept { return refused_.load(std::memory_order_relaxed); }
  bool owns(std::uint32_t connection) const noexcept { return connection >= first_ && connection < last_; }

  // -- afterwards ---------------------------------------------------------------
  /// Compares what has arrived with what `board::sent` says.
  void settle();
  const ledger::totals& sums() const noexcept { return ledger_.sums(); }
  const histogram& to_others() const noexcept { return to_others_; } ///< Deliveries to members other than the sender.
  const histogram& to_sender() const noexcept { return to_sender_; } ///< Acks, or one's own message.
  const histogram& behind() const noexcept { return behind_; }       ///< How late messages were sent.
  std::uint64_t misdelivered() const noexcept { return misdelivered_; }
  std::uint64_t gaps() const noexcept { return gaps_; }

private:
  struct sender {
    std::uint32_t connection = 0; ///< Index into `connections_`.
    std::uint32_t global = 0;     ///< Index into `board::sent`.
    std::uint32_t done = 0;       ///< Closed loop: all up to here have reached everybody.
    bool awake = false;
    std::uint32_t acked = 0;
    std::deque<std::int64_t> scheduled; ///< Of the numbers from `acked` + 1 on, where acks are awaited.
  };

  void ready(connection& c) override;
  void delivered(connection& c, const stamp& what) override;
  void acked(connection& c, std::uint32_t number) override;
  void refused(connection& c, std::uint32_t number, std::string_view answer) override;
  void gapped(connection& c) override;
  void failed(connection& c, std::string_view why) override;

  void open_more();
  void react(connection& c, std::uint32_t what);
  void receive(connection& c, bool ending);
  void flush(connection& c);
  void flush_later(connection& c);
  void send_one(sender& s, std::int64_t scheduled_ns);
  void send_due();
  void send_freed();
  void ping_due();
  void count(connection& c, std::uint32_t seat, std::uint32_t number, std::int64_t scheduled_ns);
  void complete(std::uint32_t global, std::uint32_t number);
  void wake(std::uint32_t global);
  void take_wakes();
  std::int64_t wait_ns() const;
  sender* sender_of(const connection& c);
  bool measured(std::int64_t scheduled_ns) const noexcept;

  const settings& settings_;
  const layout& layout_;
  board& board_;
  const std::uint32_t first_;
  const std::uint32_t last_;
  std::vector<endpoint> servers_;
  const std::unique_ptr<dialect> dialect_;
  std::span<const std::unique_ptr<driver>> all_;

  int poll_ = -1;
  int bell_ = -1; ///< Rung by other drivers, see `wakes_`.
  std::vector<connection> connections_;
  std::vector<sender> senders_;
  std::vector<std::uint32_t> sender_at_; ///< By local connection; `nobody` for those that only listen.
  std::vector<std::uint32_t> to_flush_;  ///< Local connections with something to say.
  std::vector<std::uint32_t> freed_;     ///< Senders whose window has room.
  std::vector<char> buffer_;
  std::uint32_t next_to_open_ = 0;
  std::uint32_t opening_ = 0;
  std::uint32_t next_to_ping_ = 0;
  std::int64_t next_ping_sweep_ns_ = 0;
  std::uint64_t next_message_ = 0; ///< Open loop: of all this driver's senders.
  double interval_ns_ = 0;         ///< Open loop: between two messages of this driver.
  std::int64_t now_ns_ = 0;        ///< Read once per receive.
  bool window_open_ = false;

  std::mutex wakes_mutex_;
  std::vector<std::uint32_t> wakes_;

  ledger ledger_;
  histogram to_others_;
  histogram to_sender_;
  histogram behind_;
  std::uint64_t misdelivered_ = 0;
  std::uint64_t gaps_ = 0;
  std::uint64_t sent_here_ = 0;
  std::atomic<std::uint32_t> ready_{0};
  std::atomic<std::uint32_t> failed_{0};
  std::atomic<std::uint64_t> arrived_{0};
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> refused_{0};
};

} // namespace troupe::bench
