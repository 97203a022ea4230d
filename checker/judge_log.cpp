// The rules about what is stored in the end, and the chain over it.
#include "checker/index.hpp"

#include "protocol/chain.hpp"

#include <fmt/format.h>

namespace troupe::checker {
namespace {

void judge_rows(const index& of, const std::string& room, const final_log& log, findings& into) {
  const auto& begin = of.at(log.begin);
  seq_t expected = begin.min ? begin.min : 1;
  time_ms before = 0;
  std::unordered_map<std::string, std::size_t> seen;
  for (const auto i : log.rows) {
    const auto& row = of.at(i);
    if (row.seq != expected)
      into.breach(rules::seq_contiguous, i, fmt::format("{}: {} stands where {} is due", room, row.seq, expected));
    expected = row.seq + 1;
    if (row.time < before)
      into.breach(rules::time_never_goes_back, i, fmt::format("{} {}: {} after {}", room, row.seq, row.time, before));
    before = std::max(before, row.time);
    if (row.kind == "system")
      continue;
    const auto [first, fresh] = seen.emplace(glued({row.from, row.cid}), i);
    if (!fresh)
      into.breach(rules::stored_once, i,
                  fmt::format("{}: {} of {} is stored at {} and at {}", room, row.cid, row.from,
                              of.at(first->second).seq, row.seq));
  }
  if (expected < begin.head + 1)
    into.breach(rules::seq_contiguous, log.begin,
                fmt::format("{}: the rows end at {}, the head is {}", room, expected - 1, begin.head));
}

void judge_acks(const index& of, findings& into, tally& counts) {
  for (const auto& [key, intent] : of.intents) {
    std::size_t first = none;
    for (const auto i : intent.acks) {
      const auto& ack = of.at(i);
      if (first == none) {
        first = i;
      } else if (const auto& earlier = of.at(first); earlier.epoch == ack.epoch && earlier.seq != ack.seq) {
        into.breach(
          rules::stored_once, i,
          fmt::format("{}: {} of {} was acked at {} and at {}", ack.room, ack.cid, ack.user, earlier.seq, ack.seq));
      }
      const auto log = of.finals.find(ack.room);
      if (log == of.finals.end() || log->second.begin == none) {
        into.breach(rules::acked_is_stored, i, fmt::format("{}: no final history of this room", ack.room));
        continue;
      }
      const auto& begin = of.at(log->second.begin);
      if (begin.epoch != ack.epoch) {
        if (ack.durable != "memory")
          into.breach(rules::acked_is_stored, i, fmt::format("{} {}: the room's epoch changed", ack.room, ack.seq));
        continue;
      }
      if (ack.seq < begin.min) {
        ++counts.beyond_log;
        continue;
      }
      const auto row = log->second.by_seq.find(ack.seq);
      if (row == log->second.by_seq.end())
        into.breach(rules::acked_is_stored, i,
                    fmt::format("{} {}: {} of {} was acked and is not there", ack.room, ack.seq, ack.cid, ack.user));
      else if (of.at(row->second).cid != ack.cid || of.at(row->second).from != ack.user)
        into.breach(rules::acked_is_stored, i,
                    fmt::format("{} {}: acked to {} of {}, but {} of {} is there", ack.room, ack.seq, ack.cid, ack.user,
                                of.at(row->second).cid, of.at(row->second).from));
    }
  }
}

} // namespace

void judge_file(const index& of, findings& into) {
  for (const auto& bad : of.what.unreadable)
    into.breach(rules::file_is_whole, none, fmt::format("line {}: {}", bad.line, bad.why));
  if (of.what.events.empty() || of.what.events.back().ev != happening::end)
    into.breach(rules::file_is_whole, none, "the file does not close with `end`: it was cut off");
}

void judge_final_history(const index& of, findings& into, tally& counts) {
  for (const auto& [room, log] : of.finals) {
    if (log.begin == none) {
      into.breach(rules::file_is_whole, log.rows.front(), fmt::format("{}: rows before their `history`", room));
      continue;
    }
    judge_rows(of, room, log, into);
  }
  judge_acks(of, into, counts);
  std::unordered_map<std::string, std::pair<seq_t, std::uint64_t>> terms;
  for (std::size_t i = 0; i < of.what.events.size(); ++i) {
    const auto& e = of.at(i);
    if (e.ev != happening::term)
      continue;
    auto& [seq, term] = terms[e.room];
    if (e.seq > seq && e.term < term)
      into.breach(rules::term_never_goes_back, i,
                  fmt::format("{} {}: term {} after term {} at {}", e.room, e.seq, e.term, term, seq));
    if (e.seq > seq)
      seq = e.seq, term = std::max(term, e.term);
  }
}

void judge_chain(const index& of, findings& into) {
  std::unordered_map<std::string, std::unordered_map<seq_t, std::string>> chains; // room → chain at seq
  for (const auto& [room, log] : of.finals) {
    if (log.begin == none)
      continue;
    const auto& begin = of.at(log.begin);
    auto& at = chains[room];
    auto link = protocol::chain_start(room, begin.epoch);
    if (begin.min > 1) {
      const auto anchor = protocol::digest_from_hex(begin.chain);
      if (!anchor) {
        into.breach(rules::chain_verified, log.begin, fmt::format("{}: no anchor before {}", room, begin.min));
        continue;
      }
      link = *anchor;
    } else if (!begin.chain.empty() && begin.chain != protocol::to_hex(link)) {
      into.breach(rules::chain_verified, log.begin, fmt::format("{}: `prev` is not the start of the chain", room));
    }
    at[begin.min ? begin.min - 1 : 0] = protocol::to_hex(link);
    for (const auto i : log.rows) {
      const auto& row = of.at(i);
      const auto digest = protocol::digest_from_hex(row.digest);
      if (!digest) {
        into.breach(rules::chain_verified, i, fmt::format("{} {}: neither salt and body nor a digest", room, row.seq));
        break;
      }
      link =
        protocol::chain_next(link, {row.seq, row.time, row.from, row.cid, row.kind, row.reply_to, row.target, *digest});
      at[row.seq] = protocol::to_hex(link);
    }
  }
  for (std::size_t i = 0; i < of.what.events.size(); ++i) {
    const auto& e = of.at(i);
    const auto seq = e.ev == happening::ack                                                 ? e.seq
                     : e.ev == happening::joined                                            ? e.head
                     : e.ev == happening::page && e.toward == "after" && e.min <= e.seq + 1 ? e.seq
                                                                                            : seq_t(none);
    if (seq == seq_t(none) || e.chain.empty() || !of.log_of(e.room, e.epoch))
      continue;
    const auto& at = chains[e.room];
    if (const auto found = at.find(seq); found != at.end() && found->second != e.chain)
      into.breach(rules::chain_verified, i,
                  fmt::format("{} {}: told {:.12}…, the log gives {:.12}…", e.room, seq, e.chain, found->second));
  }
}

void judge_bytes(const index& of, findings& into) {
  std::unordered_map<std::string, std::size_t> canonical; // (room, epoch, seq) → the first event that showed it
  for (const auto& [room, log] : of.finals)
    if (log.begin != none)
      for (const auto i : log.rows)
        canonical.emplace(glued({room, of.at(log.begin).epoch, std::to_string(of.at(i).seq)}), i);
  const auto differ = [](const std::string& a, const std::string& b) { return !a.empty() && !b.empty() && a != b; };
  for (std::size_t i = 0; i < of.what.events.size(); ++i) {
    const auto& e = of.at(i);
    if (e.ev != happening::message && e.ev != happening::ack)
      continue;
    const auto key = glued({e.room, e.epoch, std::to_string(e.seq)});
    const auto found = canonical.find(key);
    if (found == canonical.end()) {
      if (e.ev == happening::message && !e.folded)
        canonical.emplace(key, i);
      continue;
    }
    const auto& first = of.at(found->second);
    const char* wrong = nullptr;
    if (e.cid != first.cid)
      wrong = "cid";
    else if (e.time != first.time && !(e.ev == happening::ack && e.dup && e.time == 0))
      wrong = "time";
    else if ((e.ev == happening::message ? e.from : e.user) != first.from)
      wrong = "from";
    else if (e.ev == happening::message && e.kind != first.kind)
      wrong = "kind";
    else if (e.ev == happening::message && (e.reply_to != first.reply_to || e.target != first.target))
      wrong = "reply_to or target";
    else if (!e.folded && (differ(e.body, first.body) || differ(e.digest, first.digest)))
      wrong = "body";
    else if (!e.folded && differ(e.salt, first.salt))
      wrong = "salt";
    if (wrong)
      into.breach(
        rules::same_bytes, i,
        fmt::format("{} {}: another {} than in line {}", e.room, e.seq, wrong, of.what.line_of(found->second)));
  }
}

} // namespace troupe::checker
