// tests/checker/story.hpp
//
// Histories told by hand: a perfect little server writes what two clients would have
// recorded, and a test then bends one event.
#pragma once

#include "checker/check.hpp"
#include "protocol/chain.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace troupe::checker {

class story {
public:
  static constexpr const char* room = "lounge";
  static constexpr const char* epoch = "e1";

  event& add(happening ev, std::uint64_t conn = 0) {
    event made;
    made.ev = ev;
    made.conn = conn;
    made.at_us = static_cast<std::int64_t>(told_.events.size()) * 1000;
    if (ev != happening::connected && ev != happening::lost && ev != happening::end && ev != happening::settled &&
        ev != happening::fault)
      made.room = room;
    told_.events.push_back(made);
    return told_.events.back();
  }

  void connects(std::uint64_t conn, const std::string& user) {
    users_[conn] = user;
    auto& made = add(happening::connected, conn);
    made.user = made.client = user;
  }

  /// Joins with everything the log holds after `since`.
  void joins(std::uint64_t conn, seq_t since = 0, bool resumes = false) {
    auto& made = add(happening::joined, conn);
    made.epoch = epoch;
    made.head = log_.size();
    made.min = 1;
    made.chain = chain();
    made.recovered = resumes;
    if (resumes)
      made.since = since, made.since_epoch = epoch;
    for (auto seq = since + 1; seq <= log_.size(); ++seq)
      shows(conn, seq, "joined");
  }

  void sends(std::uint64_t conn, request_id id, const std::string& cid, const std::string& body = "hello") {
    auto& made = add(happening::send, conn);
    made.id = id;
    made.user = users_[conn];
    made.cid = cid;
    made.kind = "text";
    made.body = body_mark(body);
  }

  /// The room takes a message: numbers and chains it.
  seq_t stores(const std::string& user, const std::string& cid, const std::string& body = "hello") {
    event row;
    row.ev = happening::stored;
    row.room = room;
    row.seq = log_.size() + 1;
    row.from = user;
    row.cid = cid;
    row.kind = "text";
    row.time = 1'000 + static_cast<time_ms>(row.seq);
    protocol::salt_bytes salt{};
    salt[0] = static_cast<std::uint8_t>(row.seq);
    row.salt = protocol::to_hex(salt);
    row.body = body_mark(body);
    const auto digest = protocol::body_digest(salt, body);
    row.digest = protocol::to_hex(digest);
    const auto before = log_.empty() ? protocol::chain_start(room, epoch) : links_.back();
    links_.push_back(protocol::chain_next(before, {row.seq, row.time, row.from, row.cid, row.kind, 0, 0, digest}));
    log_.push_back(row);
    return row.seq;
  }

  void shows(std::uint64_t conn, seq_t seq, const std::string& via = "push") {
    auto& made = add(happening::message, conn);
    const auto at = made.at_us;
    made = log_.at(seq - 1);
    made.ev = happening::message;
    made.at_us = at;
    made.conn = conn;
    made.epoch = epoch;
    made.via = via;
  }

  void acks(std::uint64_t conn, request_id id, seq_t seq, bool dup = false) {
    const auto& row = log_.at(seq - 1);
    auto& made = add(happening::ack, conn);
    made.id = id;
    made.user = row.from;
    made.cid = row.cid;
    made.epoch = epoch;
    made.seq = seq;
    made.time = row.time;
    made.salt = row.salt;
    made.chain = protocol::to_hex(links_.at(seq - 1));
    made.dup = dup;
    made.durable = "disk";
  }

  void loses(std::uint64_t conn, std::vector<std::pair<request_id, std::string>> open = {}) {
    for (const auto& [id, cid] : open) {
      auto& made = add(happening::unknown, conn);
      made.id = id;
      made.cid = cid;
      made.user = users_[conn];
    }
    add(happening::lost, conn).code = "1006";
  }

  void ends() {
    add(happening::settled);
    auto& begin = add(happening::history);
    begin.epoch = epoch;
    begin.min = 1;
    begin.head = log_.size();
    begin.chain = protocol::to_hex(protocol::chain_start(room, epoch));
    for (const auto& row : log_)
      told_.events.push_back(row);
    add(happening::end);
  }

  std::string chain() const {
    return protocol::to_hex(links_.empty() ? protocol::chain_start(room, epoch) : links_.back());
  }

  history& told() { return told_; }

private:
  history told_;
  std::map<std::uint64_t, std::string> users_;
  std::vector<event> log_;
  std::vector<protocol::digest_bytes> links_;
};

/// Ann (connection 1) and Bob (2) talk; the node is killed while Ann's fourth message is under way;
/// both come back (3 and 4), she sends it again, he says one more.
inline story an_evening() {
  story s;
  s.connects(1, "ann");
  s.connects(2, "bob");
  s.joins(1);
  s.joins(2);
  s.sends(1, 11, "A1");
  s.sends(1, 12, "A2");
  s.stores("ann", "A1");
  s.stores("ann", "A2");
  s.acks(1, 11, 1);
  s.shows(2, 1);
  s.acks(1, 12, 2);
  s.shows(2, 2);
  s.sends(2, 21, "B1", "hi ann");
  s.stores("bob", "B1", "hi ann");
  s.shows(1, 3);
  s.acks(2, 21, 3);
  s.sends(1, 13, "A3", "are you there?");
  s.stores("ann", "A3", "are you there?");
  s.add(happening::fault).what = "kill -9";
  s.loses(1, {{13, "A3"}});
  s.loses(2);
  s.connects(3, "ann");
  s.connects(4, "bob");
  s.joins(3, 3, true);
  s.joins(4, 3, true);
  s.sends(3, 31, "A3", "are you there?");
  s.acks(3, 31, 4, true);
  s.sends(4, 41, "B2", "yes");
  s.stores("bob", "B2", "yes");
  s.acks(4, 41, 5);
  s.shows(3, 5);
  s.ends();
  return s;
}

} // namespace troupe::checker
