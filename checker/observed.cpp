#include "checker/observed.hpp"

#include "protocol/chain.hpp"

#include <boost/describe/enum_to_string.hpp>

#include <iterator>
#include <utility>

namespace troupe::checker {
namespace {

template <class... Cases>
struct overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
overloaded(Cases...) -> overloaded<Cases...>;

std::string digest_of(const std::optional<std::string>& salt, const std::optional<std::string>& body) {
  if (!salt || !body)
    return {};
  const auto bytes = protocol::salt_from_hex(*salt);
  return bytes ? protocol::to_hex(protocol::body_digest(*bytes, *body)) : std::string{};
}

/// What an entry and a pushed message have in common.
void describe(event& to, const protocol::entry& from) {
  to.seq = from.seq;
  to.from = from.from;
  to.cid = from.cid;
  to.kind = from.kind;
  to.time = from.time;
  to.reply_to = from.reply_to.value_or(0);
  to.target = from.target.value_or(0);
  to.salt = from.salt.value_or(std::string{});
  if (from.body)
    to.body = body_mark(*from.body);
  to.digest = from.digest ? *from.digest : digest_of(from.salt, from.body);
}

} // namespace

observed_connection::observed_connection(event_sink& into, std::string client, std::string user)
  : into_{&into}, conn_{into.next_connection()}, user_{std::move(user)} {
  auto what = begin(happening::connected);
  what.client = std::move(client);
  what.user = user_;
  into_->append(std::move(what));
}

observed_connection::observed_connection(observed_connection&& other) noexcept
  : into_{other.into_}, conn_{other.conn_}, user_{std::move(other.user_)}, open_{std::exchange(other.open_, false)},
    sends_{std::move(other.sends_)}, pages_{std::move(other.pages_)}, joins_{std::move(other.joins_)},
    leaving_{std::move(other.leaving_)}, resumed_{std::move(other.resumed_)} {}

observed_connection::~observed_connection() { lost("gone"); }

event observed_connection::begin(happening what, const std::string& room) const {
  event made;
  made.ev = what;
  made.conn = conn_;
  made.room = room;
  return made;
}

void observed_connection::sending(const protocol::request& what) {
  namespace client = protocol::client;
  std::visit(overloaded{
               [this](const client::hello& hello) {
                 for (const auto& room : hello.rooms)
                   resumed_[room.room] = {room.epoch, room.seq};
               },
               [this](const client::join& join) {
                 joins_[join.id] = join.since ? asked_join{join.since->epoch, join.since->seq} : asked_join{};
                 if (const auto left = leaving_.find(join.room); left != leaving_.end())
                   left->second.join = join.id;
               },
               [this](const client::leave& leave) {
                 leaving_[leave.room] = {leave.id, 0};
                 into_->append(begin(happening::left, leave.room));
               },
               [this](const client::fetch& fetch) {
                 pages_[fetch.id] = {fetch.after    ? "after"
                                     : fetch.before ? "before"
                                                    : "newest",
                                     fetch.after ? *fetch.after : fetch.before.value_or(0), fetch.raw.value_or(false)};
               },
               [this](const client::send& send) {
                 sends_[send.id] = {send.room, send.cid};
                 auto made = begin(happening::send, send.room);
                 made.id = send.id;
                 made.user = user_;
                 made.cid = send.cid;
                 made.kind = send.kind.value_or("text");
                 made.body = body_mark(send.body);
                 made.reply_to = send.reply_to.value_or(0);
                 made.target = send.target.value_or(0);
                 into_->append(std::move(made));
               },
               [this](const client::moderate& order) {
                 sends_[order.id] = {order.room, order.cid};
                 auto made = begin(happening::send, order.room);
                 made.id = order.id;
                 made.user = user_;
                 made.cid = order.cid;
                 made.kind = "system"; // The room writes the body.
                 into_->append(std::move(made));
               },
               [](const auto&) {},
             },
             what);
}

/// A leave, or a join after it, was answered without a stream, if `re` names one.
void observed_connection::settle_leave(request_id re) {
  for (auto i = leaving_.begin(); i != leaving_.end();) {
    auto& [leave, join] = i->second;
    if (leave == re)
      leave = 0;
    if (join == re)
      join = 0;
    i = leave == 0 && join == 0 ? leaving_.erase(i) : std::next(i);
  }
}

void observed_connection::received(const protocol::push& what) {
  namespace server = protocol::server;
  std::visit(overloaded{
               [this](const server::joined& joined) {
                 const auto left = leaving_.find(joined.room);
                 if (left == leaving_.end())
                   return record(joined);
                 if (!joined.re || *joined.re != left->second.join)
                   return;
                 leaving_.erase(left);
                 record(joined);
               },
               [this](const server::page& page) { record(page); },
               [this](const server::ack& ack) { record(ack); },
               [this](const server::error& error) { record(error); },
               [this](const server::message& message) {
                 if (!leaving_.contains(message.room))
                   record(message);
               },
               [this](const server::gap& gap) {
                 if (leaving_.contains(gap.room))
                   return;
                 auto made = begin(happening::gap, gap.room);
                 made.first = gap.from;
                 made.last = gap.to;
                 into_->append(std::move(made));
               },
               [this](const server::closed& closed) { into_->append(begin(happening::left, closed.room)); },
               [this](const server::ok& ok) { settle_leave(ok.re); },
               [](const auto&) {},
             },
             what);
}

void observed_connection::record(const protocol::server::joined& what) {
  auto made = begin(happening::joined, what.room);
  asked_join asked;
  if (what.re) {
    asked = joins_[*what.re];
    joins_.erase(*what.re);
  } else if (const auto found = resumed_.find(what.room); found != resumed_.end()) {
    asked = found->second;
    resumed_.erase(found);
  }
  made.since_epoch = asked.epoch;
  made.since = asked.seq;
  made.epoch = what.epoch;
  made.head = what.head;
  made.min = what.min;
  made.chain = what.chain;
  made.recovered = what.recovered;
  made.more = what.more;
  into_->append(std::move(made));
  for (const auto& shown : what.messages)
    record_entry(what.room, what.epoch, shown, "joined");
}

void observed_connection::record(const protocol::server::page& what) {
  auto made = begin(happening::page, what.room);
  const auto asked = pages_[what.re];
  pages_.erase(what.re);
  made.toward = asked.toward;
  made.seq = asked.seq;
  made.epoch = what.epoch;
  made.more = what.more;
  made.min = what.min;
  made.chain = what.prev;
  into_->append(std::move(made));
  for (const auto& shown : what.messages)
    record_entry(what.room, what.epoch, shown, "page");
}

void observed_connection::record_entry(const std::string& room, const std::string& epoch, const protocol::entry& shown,
                                       const char* via) {
  auto made = begin(happening::message, room);
  made.epoch = epoch;
  describe(made, shown);
  made.via = via;
  made.folded = shown.edited.has_value() || shown.deleted.value_or(false) || !shown.body;
  into_->append(std::move(made));
}

void observed_connection::record(const protocol::server::ack& what) {
  auto made = begin(happening::ack, what.room);
  made.id = what.re;
  made.user = user_;
  made.cid = what.cid;
  made.epoch = what.epoch;
  made.seq = what.seq;
  made.time = what.time;
  made.salt = what.salt;
  made.chain = what.chain;
  made.dup = what.dup;
  made.durable = boost::describe::enum_to_string(what.durable, "?");
  sends_.erase(what.re);
  into_->append(std::move(made));
}

void observed_connection::record(const protocol::server::error& what) {
  if (!what.re)
    return;
  joins_.erase(*what.re);
  pages_.erase(*what.re);
  settle_leave(*what.re);
  const auto found = sends_.find(*what.re);
  if (found == sends_.end())
    return;
  auto made = begin(happening::refused, found->second.room);
  made.id = *what.re;
  made.user = user_;
  made.cid = found->second.cid;
  made.code = boost::describe::enum_to_string(what.code, "?");
  made.retry = boost::describe::enum_to_string(what.retry, "?");
  made.seq = what.seq.value_or(0);
  sends_.erase(found);
  into_->append(std::move(made));
}

void observed_connection::record(const protocol::server::message& what) {
  auto made = begin(happening::message, what.room);
  made.epoch = what.epoch;
  made.seq = what.seq;
  made.from = what.from;
  made.cid = what.cid;
  made.kind = what.kind;
  made.time = what.time;
  made.folded = what.digest.has_value();
  if (!made.folded)
    made.body = body_mark(what.body);
  made.salt = what.salt;
  made.digest = made.folded ? *what.digest : digest_of(what.salt, what.body);
  made.reply_to = what.reply_to.value_or(0);
  made.target = what.target.value_or(0);
  made.via = "push";
  into_->append(std::move(made));
}

void observed_connection::lost(const std::string& code) {
  if (!std::exchange(open_, false))
    return;
  for (const auto& [id, asked] : sends_) {
    auto made = begin(happening::unknown, asked.room);
    made.id = id;
    made.user = user_;
    made.cid = asked.cid;
    into_->append(std::move(made));
  }
  sends_.clear();
  auto made = begin(happening::lost);
  made.code = code;
  into_->append(std::move(made));
}

final_history::final_history(event_sink& into, std::string room, std::string epoch, seq_t min, seq_t head,
                             std::string prev)
  : into_{into}, room_{std::move(room)} {
  event made;
  made.ev = happening::history;
  made.room = room_;
  made.epoch = std::move(epoch);
  made.min = min;
  made.head = head;
  made.chain = std::move(prev);
  into_.append(std::move(made));
}

void final_history::row(const protocol::entry& raw) {
  event made;
  made.ev = happening::stored;
  made.room = room_;
  describe(made, raw);
  into_.append(std::move(made));
}

} // namespace troupe::checker
