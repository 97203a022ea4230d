// The rules about what each receiver saw, connection by connection.
#include "checker/index.hpp"

#include <fmt/format.h>

#include <set>

namespace troupe::checker {
namespace {

/// One room as one connection sees it: the fold every client is.
struct stream {
  bool open = false;
  std::string epoch;
  seq_t head = 0;         ///< At the join.
  seq_t next = 0;         ///< The seq that is due; 0 until the first message of `joined` tells it.
  bool filling = false;   ///< Messages of `joined` may still follow.
  bool catching = false;  ///< Pushes have stopped until a page says `more:false`.
  bool closing = false;   ///< The page being read belongs to the stream: pushes had stopped for it.
  seq_t page_next = 0;    ///< The seq due in the page being read.
  std::size_t joined = 0; ///< The event.
  std::set<seq_t> early;  ///< Acked ahead of the stream, while it was stopped or not yet open.
};

struct reader {
  const index& of;
  findings& into;
  std::unordered_map<std::string, stream> streams; // (conn, room)
  std::unordered_map<std::string, seq_t> acked;    // (room, epoch) → the highest ack so far

  stream& of_event(const event& e) { return streams[glued({std::to_string(e.conn), e.room})]; }

  void in_order_breach(std::size_t i, seq_t due) {
    const auto& e = of.at(i);
    into.breach(rules::stream_in_order, i,
                fmt::format("{} on connection {}: {} came where {} was due", e.room, e.conn, e.seq, due));
  }

  /// `joined` and its messages are over: without `more` they reach the head.
  void filled(stream& s, const event& e) {
    if (!s.filling)
      return;
    s.filling = false;
    if (s.next == 0)
      s.next = s.head + 1;
    if (!s.catching && s.next != s.head + 1)
      into.breach(
        rules::stream_complete, s.joined,
        fmt::format("{} on connection {}: `joined` ends at {}, its head is {}", e.room, e.conn, s.next - 1, s.head));
    if (!s.catching)
      s.next = std::max(s.next, s.head + 1);
  }

  /// What a log has dropped it never holds again.
  void dropped_for_good(std::size_t i) {
    const auto& e = of.at(i);
    const auto* log = of.log_of(e.room, e.epoch);
    if (log && log->begin != none && e.min > std::max<seq_t>(of.at(log->begin).min, 1))
      into.breach(rules::stream_complete, i,
                  fmt::format("{} on connection {}: the log is said to begin at {}, in the end it begins at {}", e.room,
                              e.conn, e.min, of.at(log->begin).min));
  }

  void skip_early(stream& s, seq_t up_to) {
    while (s.next < up_to && s.early.contains(s.next))
      ++s.next;
  }

  void joined(std::size_t i) {
    const auto& e = of.at(i);
    auto& s = of_event(e);
    auto early = e.epoch == s.epoch || s.epoch.empty() ? std::move(s.early) : std::set<seq_t>{};
    const bool asked = !e.since_epoch.empty();
    s = {.open = true,
         .epoch = e.epoch,
         .head = e.head,
         .next = asked && e.recovered ? e.since + 1 : 0,
         .filling = true,
         .catching = asked && e.recovered && e.more,
         .joined = i,
         .early = std::move(early)};
    dropped_for_good(i);
    if (asked && !e.recovered && e.since_epoch == e.epoch && e.since <= e.head && e.since + 1 >= e.min)
      into.breach(rules::stream_complete, i,
                  fmt::format("{} on connection {}: everything after {} is held, yet `recovered` is false", e.room,
                              e.conn, e.since));
  }

  void message(std::size_t i) {
    const auto& e = of.at(i);
    auto& s = of_event(e);
    if (e.via == "joined") {
      if (s.next != 0 && e.seq != s.next)
        in_order_breach(i, s.next);
      s.next = e.seq + 1;
      return;
    }
    if (e.via == "page") {
      if (s.page_next != 0 && e.seq != s.page_next)
        in_order_breach(i, s.page_next);
      s.page_next = e.seq + 1;
      if (s.closing && e.seq == s.next)
        ++s.next;
      return;
    }
    filled(s, e);
    if (!s.open) {
      into.breach(rules::stream_in_order, i, fmt::format("{} on connection {}: a push without a join", e.room, e.conn));
    } else if (e.epoch != s.epoch) {
      into.breach(rules::stream_in_order, i,
                  fmt::format("{} on connection {}: the epoch changed without a join", e.room, e.conn));
    } else if (s.catching) {
      into.breach(rules::stream_in_order, i,
                  fmt::format("{} on connection {}: a push before the page that says `more:false`", e.room, e.conn));
    } else {
      skip_early(s, e.seq);
      if (e.seq != s.next)
        in_order_breach(i, s.next);
    }
    s.next = std::max(s.next, e.seq + 1);
  }

  void ack(std::size_t i) {
    const auto& e = of.at(i);
    auto& highest = acked[glued({e.room, e.epoch})];
    highest = std::max(highest, e.seq);
    auto& s = of_event(e);
    if (!s.open || s.epoch != e.epoch || s.catching) {
      s.early.insert(e.seq);
      return;
    }
    filled(s, e);
    skip_early(s, e.seq);
    if (e.seq > s.next)
      in_order_breach(i, s.next);
    else if (e.seq < s.next && !e.dup)
      in_order_breach(i, s.next);
    s.next = std::max(s.next, e.seq + 1);
  }

  void page(std::size_t i) {
    const auto& e = of.at(i);
    auto& s = of_event(e);
    filled(s, e);
    s.page_next = e.toward == "after" ? std::max(e.seq + 1, e.min) : 0;
    s.closing = s.catching && e.toward == "after";
    if (s.closing)
      s.next = std::max(s.next, e.min); // What was dropped before it was fetched: the page says so.
    dropped_for_good(i);
    if (s.closing && !e.more)
      s.catching = false;
  }

  void gap(std::size_t i) {
    const auto& e = of.at(i);
    auto& s = of_event(e);
    filled(s, e);
    skip_early(s, e.first);
    if (s.open && !s.catching && e.first > s.next)
      into.breach(
        rules::stream_in_order, i,
        fmt::format("{} on connection {}: the gap begins at {}, {} is missing too", e.room, e.conn, e.first, s.next));
    s.catching = true;
  }

  void lost(std::size_t i) {
    const auto prefix = glued({std::to_string(of.at(i).conn)});
    std::erase_if(streams, [&](const auto& one) { return one.first.starts_with(prefix); });
  }

  void settled(std::size_t i) {
    for (auto& [key, s] : streams) {
      if (!s.open)
        continue;
      const auto& joined = of.at(s.joined);
      filled(s, joined);
      const auto highest = acked.find(glued({joined.room, s.epoch}));
      if (highest == acked.end())
        continue;
      skip_early(s, highest->second + 1);
      if (s.next <= highest->second)
        into.breach(rules::stream_complete, i,
                    fmt::format("{} on connection {}: it stops at {}, {} was acked", joined.room, joined.conn,
                                s.next - 1, highest->second));
    }
  }
};

} // namespace

void judge_streams(const index& of, findings& into) {
  reader reads{of, into, {}, {}};
  for (std::size_t i = 0; i < of.what.events.size(); ++i) {
    switch (of.at(i).ev) {
    case happening::joined: reads.joined(i); break;
    case happening::message: reads.message(i); break;
    case happening::ack: reads.ack(i); break;
    case happening::page: reads.page(i); break;
    case happening::gap: reads.gap(i); break;
    case happening::left: reads.of_event(of.at(i)) = {}; break;
    case happening::lost: reads.lost(i); break;
    case happening::settled: reads.settled(i); break;
    default: break;
    }
  }
}

} // namespace troupe::checker
