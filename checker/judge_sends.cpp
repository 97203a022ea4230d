// The rules about what was sent: its order, its answers, and life after a fault.
#include "checker/index.hpp"

#include <fmt/format.h>

namespace troupe::checker {
namespace {

/// Where an intent ended up, by the final history or else by an ack; nothing when unknown.
struct place {
  std::string epoch;
  seq_t seq = 0;
};

std::optional<place> place_of(const index& of, const std::string& key, const intent& what) {
  if (const auto row = of.row_of(key); row != none)
    if (const auto log = of.finals.find(of.at(row).room); log->second.begin != none)
      return place{of.at(log->second.begin).epoch, of.at(row).seq};
  if (!what.acks.empty())
    return place{of.at(what.acks.front()).epoch, of.at(what.acks.front()).seq};
  return std::nullopt;
}

/// A message that was given to one connection once keeps its place among that connection's sends.
void judge_order_per_connection(const index& of, findings& into) {
  std::unordered_map<std::string, std::pair<seq_t, std::size_t>> last; // (conn, room, epoch)
  for (const auto& attempt : of.attempts) {
    const auto& send = of.at(attempt.send);
    const auto key = of.intent_key(send, send.user);
    const auto& intent = of.intents.at(key);
    if (intent.attempts.size() != 1)
      continue; // Which of several attempts was stored is not known.
    const auto where = place_of(of, key, intent);
    if (!where)
      continue;
    auto& [seq, i] = last[glued({std::to_string(send.conn), send.room, where->epoch})];
    if (where->seq < seq)
      into.breach(rules::order_per_connection, attempt.send,
                  fmt::format("{} on connection {}: sent after line {}, numbered {} before {}", send.room, send.conn,
                              of.what.line_of(i), where->seq, seq));
    else
      seq = where->seq, i = attempt.send;
  }
}

/// What somebody had seen before a send was invoked has a lower number.
void judge_order_in_real_time(const index& of, findings& into) {
  std::unordered_map<std::string, std::pair<seq_t, std::size_t>> seen; // (room, epoch)
  for (std::size_t i = 0; i < of.what.events.size(); ++i) {
    const auto& e = of.at(i);
    if (e.ev == happening::ack || e.ev == happening::message) {
      auto& [seq, line] = seen[glued({e.room, e.epoch})];
      if (e.seq > seq)
        seq = e.seq, line = i;
    } else if (e.ev == happening::send) {
      const auto key = of.intent_key(e, e.user);
      const auto& intent = of.intents.at(key);
      if (of.attempts[intent.attempts.front()].send != i)
        continue;
      const auto where = place_of(of, key, intent);
      if (!where)
        continue;
      const auto before = seen.find(glued({e.room, where->epoch}));
      if (before != seen.end() && before->second.first >= where->seq)
        into.breach(rules::order_in_real_time, i,
                    fmt::format("{}: numbered {}, but {} was seen before it was sent (line {})", e.room, where->seq,
                                before->second.first, of.what.line_of(before->second.second)));
    }
  }
}

void judge_origin(const index& of, findings& into, std::size_t i) {
  const auto& e = of.at(i);
  if (e.kind == "system" && e.cid.empty())
    return; // The room's own word.
  if (const auto older = of.baselines.find(e.room); older != of.baselines.end() && e.seq <= older->second)
    return;
  const auto intent = of.intents.find(glued({e.room, e.from, e.cid}));
  if (intent == of.intents.end() || intent->second.attempts.empty()) {
    into.breach(rules::only_what_was_sent, i, fmt::format("{} {}: nobody sent {} as {}", e.room, e.seq, e.cid, e.from));
    return;
  }
  if (e.folded || e.body.empty())
    return;
  for (const auto attempt : intent->second.attempts) {
    const auto& send = of.at(of.attempts[attempt].send);
    if ((send.body == e.body || e.kind == "system") && send.kind == e.kind && send.reply_to == e.reply_to &&
        send.target == e.target)
      return;
  }
  into.breach(rules::only_what_was_sent, i,
              fmt::format("{} {}: {} of {} was sent with other content", e.room, e.seq, e.cid, e.from));
}

void judge_refusals(const index& of, findings& into) {
  for (const auto& [key, intent] : of.intents) {
    if (intent.attempts.empty())
      continue;
    bool all_refused = true;
    for (const auto attempt : intent.attempts) {
      const auto outcome = of.attempts[attempt].outcome;
      all_refused =
        all_refused && outcome != none && of.at(outcome).ev == happening::refused && of.at(outcome).retry != "same";
    }
    if (const auto row = of.row_of(key); all_refused && row != none)
      into.breach(rules::refused_is_not_stored, row,
                  fmt::format("{} {}: {} of {} was refused for good and is stored", of.at(row).room, of.at(row).seq,
                              of.at(row).cid, of.at(row).from));
  }
}

} // namespace

void judge_order(const index& of, findings& into) {
  judge_order_per_connection(of, into);
  judge_order_in_real_time(of, into);
}

void judge_answers(const index& of, findings& into) {
  for (std::size_t i = 0; i < of.what.events.size(); ++i)
    if (of.at(i).ev == happening::message || of.at(i).ev == happening::stored)
      judge_origin(of, into, i);
  judge_refusals(of, into);
  for (const auto& [i, why] : of.unaccounted)
    into.breach(rules::every_send_is_answered, i, why);
  for (const auto& attempt : of.attempts)
    if (attempt.outcome == none)
      into.breach(rules::every_send_is_answered, attempt.send,
                  fmt::format("{} on connection {}: no answer to request {}", of.at(attempt.send).room,
                              of.at(attempt.send).conn, of.at(attempt.send).id));
}

void judge_life(const index& of, findings& into, const check_options& options, tally& counts) {
  std::vector<std::size_t> waiting; // Faults that no ack has followed yet.
  for (std::size_t i = 0; i < of.what.events.size(); ++i) {
    const auto& e = of.at(i);
    if (e.ev == happening::fault) {
      waiting.push_back(i);
    } else if (e.ev == happening::ack && !waiting.empty()) {
      const auto asked = of.by_request.find(glued({std::to_string(e.conn), std::to_string(e.id)}));
      if (asked == of.by_request.end())
        continue;
      std::erase_if(waiting, [&](std::size_t fault) {
        if (of.attempts[asked->second].send < fault)
          return false;
        const auto pause = e.at_us - of.at(fault).at_us;
        counts.longest_pause_us = std::max(counts.longest_pause_us, pause);
        if (options.alive_within_us && pause > *options.alive_within_us)
          into.breach(
            rules::alive_again, fault,
            fmt::format("{}: the first ack of a later send came after {} ms", of.at(fault).what, pause / 1000));
        return true;
      });
    }
  }
  for (const auto fault : waiting)
    into.breach(rules::alive_again, fault, fmt::format("{}: no send after it was ever acked", of.at(fault).what));
}

} // namespace troupe::checker
