#include "actors/cluster/link_core.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

link_effects link_core::apply(const to_link::input& what, time_ms now) {
  link_effects out;
  std::visit([&](const auto& input) { on(input, now, out); }, what);
  schedule(now, out);
  return out;
}

// -- sessions -----------------------------------------------------------------------------------

void link_core::on(const to_link::opened& what, time_ms now, link_effects& out) {
  const bool known =
    std::find(sessions_before_.begin(), sessions_before_.end(), what.session) != sessions_before_.end();
  if (what.session == 0 || what.session == session_ || known)
    return;
  close(link_end::replaced, out);
  session_ = what.session;
  peer_ = what.peer;
  progress_at_ = now;
  transmit(0, 0, out);
}

void link_core::on(const to_link::lost&, time_ms, link_effects& out) { close(link_end::lost, out); }

/// Forgets the session and all that was on its way.
void link_core::close(link_end why, link_effects& out) {
  if (session_ == 0)
    return;
  if (is_up())
    out.emplace_back(link_does::down{why});
  sessions_before_[next_before_++ % sessions_before_.size()] = session_;
  session_ = 0;
  peer_ = 0;
  last_out_ = 0;
  unacked_.clear();
  unacked_bytes_ = 0;
  peer_credit_.reset();
  waiting_.clear();
  waiting_bytes_ = 0;
  behind_.clear();
  last_in_ = 0;
  unanswered_bytes_ = 0;
  ack_at_.reset();
}

void link_core::reset(link_end why, std::string detail, link_effects& out) {
  close(why, out);
  ++counters_.resets;
  out.emplace_back(link_does::reset{why, std::move(detail)});
}

// -- the peer's envelopes -------------------------------------------------------------------------

void link_core::on(const to_link::received& what, time_ms now, link_effects& out) {
  if (session_ == 0)
    return;
  const auto head = read_head(what.bytes);
  if (const auto* failure = std::get_if<envelope_failure>(&head))
    return reset(failure->version ? link_end::other_version : link_end::undecodable, failure->why, out);
  const auto& envelope = std::get<sealed_envelope>(head);
  if (!check(envelope, out))
    return;
  auto items = read_items(envelope);
  if (const auto* failure = std::get_if<envelope_failure>(&items))
    return reset(link_end::undecodable, failure->why, out);

  ++counters_.envelopes_in;
  counters_.bytes_in += what.bytes.size();
  if (!is_up())
    out.emplace_back(link_does::up{});
  take_acks(envelope.header, now);
  for (auto& one : std::get<std::vector<item>>(items)) {
    ++counters_.items_in;
    out.emplace_back(link_does::deliver{std::move(one)});
  }
  if (envelope.header.number != 0) {
    last_in_ = envelope.header.number;
    unanswered_bytes_ += envelope.items.size();
    if (!ack_at_)
      ack_at_ = now + limits_.ack_after_ms;
  }
  pump(0, now, out);
  if (session_ != 0 && unanswered_bytes_ >= limits_.ack_after_bytes)
    transmit(0, 0, out);
}

/// Whether it is the next envelope of this session; when not, the session may be over.
bool link_core::check(const sealed_envelope& envelope, link_effects& out) {
  const auto& header = envelope.header;
  const auto in_words = [](const char* words, std::uint64_t got, std::uint64_t wanted) {
    return words + std::to_string(got) + " instead of " + std::to_string(wanted);
  };
  if (header.session != session_) {
    const bool stale =
      std::find(sessions_before_.begin(), sessions_before_.end(), header.session) != sessions_before_.end();
    if (header.session == 0 || !stale)
      reset(link_end::unknown_session, in_words("session ", header.session, session_), out);
    return false;
  }
  if (header.from != peer_ || header.to != self_) {
    const bool theirs = header.from != peer_;
    reset(link_end::wrong_incarnation,
          theirs ? in_words("from incarnation ", header.from, peer_) : in_words("to incarnation ", header.to, self_),
          out);
    return false;
  }
  if (header.number != 0 && header.number != last_in_ + 1) {
    reset(link_end::wrong_number, in_words("envelope ", header.number, last_in_ + 1), out);
    return false;
  }
  if ((header.number == 0) != envelope.items.empty()) {
    reset(link_end::undecodable, "an envelope has either a number and items, or neither", out);
    return false;
  }
  if (header.ack > last_out_) {
    reset(link_end::wrong_ack, in_words("an ack of ", header.ack, last_out_), out);
    return false;
  }
  if (unanswered_bytes_ + envelope.items.size() > limits_.credit_bytes) {
    reset(link_end::beyond_credit,
          in_words("un-acked bytes: ", unanswered_bytes_ + envelope.items.size(), limits_.credit_bytes), out);
    return false;
  }
  return true;
}

/// An envelope without a number may have been overtaken: what it acks may be acked already.
void link_core::take_acks(const envelope_header& header, time_ms now) {
  peer_credit_ = header.credit;
  while (!unacked_.empty() && unacked_.front().number <= header.ack) {
    unacked_bytes_ -= unacked_.front().bytes;
    unacked_.pop_front();
    progress_at_ = now;
  }
}

// -- items for the peer -----------------------------------------------------------------------------

void link_core::on(const to_link::send& what, time_ms now, link_effects& out) {
  const auto& one = *what.what;
  const bool too_large = one.bytes.size() > std::min<std::uint64_t>(item_bytes_max, limits_.credit_bytes);
  const bool must = one.full == when_full::reset || one.full == when_full::refuse;
  if (must && (session_ == 0 || too_large || (one.full == when_full::refuse && !has_space(one)))) {
    ++counters_.refused;
    using link_does::refusal;
    const auto why = too_large ? refusal::too_large : session_ == 0 ? refusal::closed : refusal::full;
    out.emplace_back(link_does::refused{what.what, why});
    return;
  }
  if (session_ == 0) {
    ++(one.epoch.empty() ? counters_.dropped_others : counters_.dropped_published);
    return;
  }
  if (one.full == when_full::fall_behind && (too_large || behind_.count(one.room) || !has_space(one)))
    return fall_behind(one, out);
  if (one.full == when_full::drop && (too_large || !has_space(one))) {
    ++counters_.dropped_others;
    return;
  }
  if (!has_space(one))
    return reset(link_end::overflow, std::to_string(waiting_bytes_) + " bytes wait for the peer", out);
  push(what.what);
  pump(batch_bytes_max, now, out);
}

bool link_core::has_space(const encoded_item& what) const {
  const auto bound = limits_.waiting_bytes - (what.full == when_full::reset ? 0 : limits_.kept_bytes);
  return waiting_.empty() || waiting_bytes_ + what.bytes.size() <= bound;
}

/// The relay at the peer misses this, and all that follows it until nothing waits any more.
void link_core::fall_behind(const encoded_item& what, link_effects& out) {
  ++(what.epoch.empty() ? counters_.dropped_others : counters_.dropped_published);
  if (behind_.size() >= limits_.rooms_behind && !behind_.count(what.room))
    return reset(link_end::overflow, std::to_string(behind_.size()) + " rooms are behind", out);
  const auto [i, fresh] = behind_.try_emplace(what.room);
  counters_.rooms_behind += fresh;
  i->second.term = what.term;
  if (what.epoch.empty())
    return;
  auto& missed = i->second.what;
  missed.head = missed.epoch == what.epoch ? std::max(missed.head, what.head) : what.head;
  missed.epoch = what.epoch;
}

void link_core::on(const to_link::flush&, time_ms now, link_effects& out) { pump(0, now, out); }

void link_core::push(shared_item what) {
  waiting_bytes_ += what->bytes.size();
  waiting_.push_back(std::move(what));
}

/// Sends what waits, as long as `batch_min` bytes do and the credit reaches.
void link_core::pump(std::uint64_t batch_min, time_ms now, link_effects& out) {
  if (!is_up())
    return;
  for (;;) {
    if (waiting_.empty())
      tell_behind();
    if (waiting_.empty() || waiting_bytes_ < batch_min)
      return;
    std::uint64_t bytes = 0;
    std::size_t items = 0;
    for (; items < waiting_.size(); ++items) {
      const auto next = bytes + waiting_[items]->bytes.size();
      if (unacked_bytes_ + next > *peer_credit_ || (items != 0 && next > batch_bytes_max))
        break;
      bytes = next;
    }
    if (items == 0) {
      if (const auto first = waiting_.front()->bytes.size(); first > *peer_credit_)
        reset(link_end::credit_too_small,
              "the peer grants " + std::to_string(*peer_credit_) + " bytes, an item has " + std::to_string(first), out);
      return;
    }
    if (unacked_.empty())
      progress_at_ = now;
    transmit(bytes, items, out);
  }
}

/// Nothing waits any more: the relays that missed something may pull it.
void link_core::tell_behind() {
  for (auto& [room, missed] : behind_)
    push(encode_item(for_relay{room, missed.term, std::move(missed.what)}));
  behind_.clear();
}

/// Sends an envelope with the first items that wait; without items it only acks.
void link_core::transmit(std::uint64_t items_bytes, std::size_t items, link_effects& out) {
  auto bytes =
    encode_head({self_, peer_, session_, items == 0 ? 0 : ++last_out_, last_in_, limits_.credit_bytes}, items_bytes);
  for (auto n = items; n != 0; --n) {
    bytes.append(waiting_.front()->bytes);
    waiting_.pop_front();
  }
  if (items != 0) {
    waiting_bytes_ -= items_bytes;
    unacked_.push_back({last_out_, items_bytes});
    unacked_bytes_ += items_bytes;
    counters_.unacked_bytes_max = std::max(counters_.unacked_bytes_max, unacked_bytes_);
  }
  unanswered_bytes_ = 0;
  ack_at_.reset();
  ++counters_.envelopes_out;
  counters_.bytes_out += bytes.size();
  counters_.items_out += items;
  out.emplace_back(link_does::transmit{std::move(bytes)});
}

// -- time ---------------------------------------------------------------------------------------------

void link_core::on(const to_link::tick&, time_ms now, link_effects& out) {
  woken_at_.reset();
  if (session_ == 0)
    return;
  if (!is_up() && progress_at_ + limits_.stall_ms <= now)
    return reset(link_end::stalled, "the peer did not greet", out);
  if (!unacked_.empty() && progress_at_ + limits_.stall_ms <= now)
    return reset(link_end::stalled, std::to_string(unacked_.size()) + " envelopes are not acked", out);
  pump(0, now, out);
  if (session_ != 0 && ack_at_ && *ack_at_ <= now)
    transmit(0, 0, out);
}

void link_core::schedule(time_ms now, link_effects& out) {
  std::optional<time_ms> next = ack_at_;
  if (session_ != 0 && (!is_up() || !unacked_.empty()))
    next = std::min(next.value_or(progress_at_ + limits_.stall_ms), progress_at_ + limits_.stall_ms);
  if (!next || (woken_at_ && *woken_at_ <= *next))
    return;
  woken_at_ = std::max(*next, now);
  out.emplace_back(link_does::wake_at{*woken_at_});
}

} // namespace troupe::actors
