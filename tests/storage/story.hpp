// Words to tell what happens to a log: calls that wait for their answer, and a room that
// numbers and chains what is said in it.
#pragma once

#include "protocol/chain.hpp"
#include "protocol/names.hpp"
#include "storage/message_log.hpp"

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe::storage::testing {

/// One answer that comes later, on whatever thread.
template <class T>
class answer {
public:
  done<T> take() {
    return [promise = promise_](T value) { promise->set_value(std::move(value)); };
  }
  T get() { return promise_->get_future().get(); }

private:
  std::shared_ptr<std::promise<T>> promise_ = std::make_shared<std::promise<T>>();
};

inline open_result open(message_log& log, opening what) {
  answer<open_result> a;
  log.open(std::move(what), a.take());
  return a.get();
}

inline append_result append(message_log& log, run what) {
  answer<append_result> a;
  log.append(std::move(what), a.take());
  return a.get();
}

inline page_result page(message_log& log, page_query what) {
  answer<page_result> a;
  log.page(std::move(what), a.take());
  return a.get();
}

inline find_result look_up(message_log& log, std::string room, seq_t seq) {
  answer<find_result> a;
  log.find(std::move(room), seq, a.take());
  return a.get();
}

inline std::optional<record> find(message_log& log, std::string room, seq_t seq) {
  auto found = look_up(log, std::move(room), seq);
  return found.status == status::ok ? std::optional{std::move(found.message)} : std::nullopt;
}

inline status change_member(message_log& log, member_change what) {
  answer<status> a;
  log.change_member(std::move(what), a.take());
  return a.get();
}

inline prune_result prune_room(message_log& log, prune what) {
  answer<prune_result> a;
  log.prune_room(std::move(what), a.take());
  return a.get();
}

inline inbox_result inbox(message_log& log, inbox_query what) {
  answer<inbox_result> a;
  log.inbox(std::move(what), a.take());
  return a.get();
}

/// The n-th cid of a test; the time inside it is n milliseconds after `cid_time_0`.
inline constexpr time_ms cid_time_0 = 1'700'000'000'000;

inline std::string cid(unsigned n) {
  unsigned char random[10] = {};
  for (int i = 0; i < 4; ++i)
    random[i] = static_cast<unsigned char>(n >> (8 * i));
  return protocol::make_ulid(cid_time_0 + n, random);
}

/// What its owner knows of a room, and what it would send next.
class room_story {
public:
  room_story(message_log& log, std::string room, term_t term) : log_(log), room_(std::move(room)), term_(term) {}

  /// Opens the room and goes on where its log stands.
  open_result opens(std::uint32_t recent = 0, std::uint32_t ring = 512) {
    auto opened = testing::open(log_, {room_, term_, "epoch-of-" + room_, recent, ring});
    if (opened.status == status::ok) {
      epoch_ = opened.head.epoch;
      head_ = opened.head.head;
      chain_ = opened.head.chain;
      time_ = std::max(time_, opened.head.time);
    }
    return opened;
  }

  /// The next record, numbered and chained; it counts as said.
  record says(std::string user, std::string body, unsigned cid_number, std::string kind = "text", seq_t target = 0) {
    record r;
    r.seq = ++head_;
    r.time = ++time_;
    r.user = std::move(user);
    r.cid = cid_number == 0 ? std::string{} : cid(cid_number);
    r.kind = std::move(kind);
    r.body = std::move(body);
    for (std::size_t i = 0; i < r.salt.size(); ++i)
      r.salt[i] = static_cast<std::uint8_t>(cid_number + i + 1);
    r.digest = protocol::body_digest(r.salt, r.body);
    r.target = target;
    chain_ = r.chain =
      protocol::chain_next(chain_, {r.seq, r.time, r.user, r.cid, r.kind, r.reply_to, r.target, r.digest});
    return r;
  }

  run of(std::vector<record> records) const { return {room_, term_, epoch_, std::move(records)}; }

  append_result appends(std::vector<record> records) { return testing::append(log_, of(std::move(records))); }

  /// Says and stores `count` texts of `user` with the cids `first_cid`, `first_cid + 1` …
  append_result appends_texts(unsigned count, unsigned first_cid, const std::string& user = "ann") {
    std::vector<record> records;
    for (unsigned i = 0; i < count; ++i)
      records.push_back(says(user, "text " + std::to_string(first_cid + i), first_cid + i));
    return appends(std::move(records));
  }

  page_result page(page_query what) {
    what.room = room_;
    return testing::page(log_, std::move(what));
  }

  status belongs(const std::string& user, const std::string& role, seq_t read = 0, seq_t recv = 0) {
    return testing::change_member(log_, {room_, term_, {user, role, read, recv}, false});
  }

  prune_result prunes(std::uint64_t keep_count, time_ms older_than = 0, time_ms floor = 0) {
    return testing::prune_room(log_, {room_, term_, keep_count, older_than, floor});
  }

  /// Takes back what was said but not stored.
  void forgets(seq_t head, const digest_bytes& chain) {
    head_ = head;
    chain_ = chain;
  }

  void time_is(time_ms now) { time_ = now - 1; }
  void term_is(term_t term) { term_ = term; }
  const std::string& room() const { return room_; }
  const std::string& epoch() const { return epoch_; }
  seq_t head() const { return head_; }
  const digest_bytes& chain() const { return chain_; }
  term_t term() const { return term_; }

private:
  message_log& log_;
  std::string room_;
  term_t term_;
  std::string epoch_;
  seq_t head_ = 0;
  time_ms time_ = 1'000;
  digest_bytes chain_{};
};

inline std::vector<std::uint64_t> seqs(const page_result& page) {
  std::vector<std::uint64_t> all;
  for (const auto& e : page.entries)
    all.push_back(e.seq);
  return all;
}

} // namespace troupe::storage::testing
