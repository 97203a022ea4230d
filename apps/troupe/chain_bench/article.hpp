// apps/troupe/chain_bench/article.hpp
//
// What a chain, a log, a pool and a bound are good for: each against the same without. None needs a server.
#pragma once

#include "apps/troupe/chain_bench/contest.hpp"

#include <cstdint>

namespace troupe::chain_bench {

/// Tokens nobody has seen are verified on another thread while their requests wait, against at once on the thread of the
/// messages: how late messages are.
tables measure_waiting(std::uint32_t rounds);

/// Two steps for the rooms that need them, against for every room; a tenth of the messages goes to those.
tables measure_mounting(std::uint32_t rounds);

/// A line to the writer of logs, against a call of the sink for each.
tables measure_log(std::uint32_t rounds);

/// Buffers of the pool, against allocated ones: time, and the memory of senders that never finish.
tables measure_buffers(std::uint32_t rounds);

/// Queues of outgoing frames with their bounds, against with none worth the name, some readers reading nothing.
tables measure_broadcast(std::uint32_t rounds);

} // namespace troupe::chain_bench
