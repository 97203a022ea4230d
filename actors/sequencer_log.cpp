// What the log answers: the half of the sequencer that is not about what comes in.
#include "actors/sequencer.hpp"

#include "protocol/chain.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::actors {

using protocol::code;
using protocol::retry;

std::vector<storage::record> sequencer::appended(storage::append_result result, std::uint32_t run_max, time_ms now,
                                                 room_effects& out) {
  state_.run_max = std::clamp<std::uint32_t>(run_max, 1, storage::run_records_max);
  if (state_.run.empty())
    return {};
  std::vector<storage::record> committed;
  switch (result.status) {
  case storage::status::ok: {
    committed = std::move(state_.run);
    state_.run.clear();
    for (const auto& q : state_.committing)
      waits_no_more(q.what);
    state_.committing.clear();
    for (const auto& r : committed)
      remember(r);
    publish(committed, out);
    break;
  }
  case storage::status::duplicate: duplicates_found(std::move(result.duplicates), out); break;
  case storage::status::full:
  case storage::status::overloaded: {
    const auto why =
      result.status == storage::status::full
        ? refusal(code::storage_full, "the server has no space for messages: try again later", retry::after, 5'000)
        : refusal(code::overloaded, "the log has too much to write: send it again a little later", retry::after, 1'000);
    for (const auto& q : state_.committing) {
      waits_no_more(q.what);
      refuse(q, why, out);
      if (q.what.cid.empty())
        roles_.not_founded();
    }
    state_.committing.clear();
    state_.run.clear();
    break;
  }
  case storage::status::fenced:
    // The relays tell the new owner what was not stored.
    out.emplace_back(room_does::retire{});
    return {};
  case storage::status::seq_mismatch:
  case storage::status::unknown:
  case storage::status::not_found:
  case storage::status::too_many_rooms:
    requeue();
    state_.rebuilding = true;
    out.emplace_back(room_does::open{recent_max});
    return {};
  }
  advance(now, out);
  return committed;
}

void sequencer::duplicates_found(std::vector<storage::duplicate> duplicates, room_effects& out) {
  std::vector<bool> taken(state_.committing.size(), false);
  for (auto& d : duplicates) {
    if (d.index >= state_.committing.size() || taken[d.index])
      continue;
    taken[d.index] = true;
    const auto& send = state_.committing[d.index];
    recent_message first;
    if (d.message)
      first = recent_of(*d.message);
    first.seq = d.seq;
    const bool comparable = d.message && !d.message->redacted;
    waits_no_more(send.what);
    if (comparable && protocol::body_digest(first.salt, send.what.body) != first.digest) {
      auto why =
        refusal(code::conflict, "this cid was used for another body: make a new cid for a new message", retry::never);
      why.seq = d.seq;
      refuse(send, why, out);
      continue;
    }
    answer_repeated({send.what.relay, send.what.connection}, first, send.what.user, send.what.cid, out);
    for (const auto& other : send.also)
      answer_repeated(other, first, send.what.user, send.what.cid, out);
  }
  std::vector<queued_send> rest;
  for (std::size_t i = 0; i < state_.committing.size(); ++i)
    if (!taken[i])
      rest.push_back(std::move(state_.committing[i]));
  state_.committing = std::move(rest);
  requeue();
}

/// Puts what was numbered back to where it came from, in its order.
void sequencer::requeue() {
  state_.run.clear();
  auto& sends = state_.committing;
  state_.queue.insert(state_.queue.begin(), std::make_move_iterator(sends.begin()),
                      std::make_move_iterator(sends.end()));
  state_.committing.clear();
}

bool sequencer::opened(const storage::open_result& result, time_ms now, room_effects& out,
                       std::vector<storage::record>& surprises) {
  if (result.status != storage::status::ok) {
    refuse_all(refusal(code::store_unavailable, "the log does not answer: send it again", retry::same), out);
    return false;
  }
  const auto& head = result.head;
  const auto known = state_.head;
  const bool first = state_.epoch != head.epoch;
  state_.epoch = head.epoch;
  state_.head = head.head;
  state_.time = std::max(state_.time, head.time);
  state_.chain = head.chain;
  state_.min = head.min;
  state_.floor = std::max(state_.floor, head.floor);
  state_.rebuilding = false;
  state_.looking_for = 0;
  state_.recent.clear();
  for (const auto& r : head.recent) {
    state_.recent.add(recent_of(r));
    if (!first && r.seq > known)
      surprises.push_back(r);
  }
  roles_.opened(head);
  reindex();
  publish(surprises, out);
  // What the log took before its answer was lost was published just now; the rest is numbered anew.
  std::deque<queued_send> rest;
  for (auto& q : state_.queue) {
    const auto* stored = state_.recent.find(name_of(q.what));
    if (!stored) {
      rest.push_back(std::move(q));
      continue;
    }
    waits_no_more(q.what);
    const auto& message = *stored;
    if (first || message.seq <= known) {
      answer_repeated({q.what.relay, q.what.connection}, message, q.what.user, q.what.cid, out);
      for (const auto& other : q.also)
        answer_repeated(other, message, q.what.user, q.what.cid, out);
    }
  }
  state_.queue = std::move(rest);
  advance(now, out);
  return true;
}

} // namespace troupe::actors
