// transport/lane.hpp
//
// One I/O thread's share of a server: its live sockets, its buffers, its counters.
#pragma once

#include "transport/asio.hpp"
#include "transport/buffer_pool.hpp"
#include "transport/counters.hpp"
#include "transport/io_thread.hpp"
#include "transport/site.hpp"

#include <boost/intrusive/list.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace troupe::transport {

struct lane;

/// A socket of whatever kind, so that a server can end them all.
///
/// Lifetime: counted; every pending operation holds a reference, and a session holds itself while it is open.
class session : public boost::intrusive_ref_counter<session>,
                public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
  explicit session(std::shared_ptr<lane> of);
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  virtual ~session();

  /// The server stops: says good-bye in the way of the protocol and ends within a few seconds.
  virtual void leave() = 0;

  /// Ends at once.
  virtual void abort() = 0;

  lane& home() const noexcept { return *lane_; }

private:
  std::shared_ptr<lane> lane_;
};

/// Threading: made anywhere, used on its I/O thread; `live` and the counters are read from anywhere.
struct lane : std::enable_shared_from_this<lane> {
  using session_list = boost::intrusive::list<session, boost::intrusive::constant_time_size<false>>;

  lane(io_thread& on, const std::shared_ptr<transport::site>& of)
    : thread{on}, site{of}, counters{std::make_shared<socket_counters>()}, pool{of->pool_bytes_max},
      scratch{std::make_unique_for_overwrite<char[]>(scratch_bytes)} {}

  static constexpr std::size_t scratch_bytes = 64 * 1024;

  io_thread& thread;
  const std::shared_ptr<transport::site> site;
  const std::shared_ptr<socket_counters> counters;
  buffer_pool pool;
  std::unique_ptr<char[]> scratch;         ///< Where all sockets of the thread read; good until the handler returns.
  std::vector<actors::shared_frame> batch; ///< Lent to the socket that is being flushed.
  session_list sessions;
  std::atomic<std::int64_t> live{0}; ///< Sessions not yet destroyed.
  bool leaving = false;              ///< The server stops: no new connection.
};

inline session::session(std::shared_ptr<lane> of) : lane_{std::move(of)} {
  lane_->sessions.push_back(*this);
  lane_->live.fetch_add(1, std::memory_order_relaxed);
  bump(lane_->counters->sockets);
}

inline session::~session() {
  bump(lane_->counters->sockets, -1);
  unlink(); // while the list certainly exists
  lane_->live.fetch_sub(1, std::memory_order_release);
}

} // namespace troupe::transport
