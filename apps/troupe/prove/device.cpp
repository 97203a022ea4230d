#include "apps/troupe/prove/device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

namespace troupe::prove {

namespace {

/// Who has so many messages without an ack waits: a room that stands still for long is not buried.
constexpr std::size_t waiting_max = 32;
/// Ids of second copies; the client's own are far below.
constexpr protocol::request_id repeated_ids_from = protocol::request_id{1} << 42;
constexpr std::chrono::milliseconds open_within{3'000};

client::session_options how_to_connect(const std::string& user, std::mt19937_64& random) {
  client::session_options options;
  options.user = user;
  options.sdk = "troupe-prove";
  options.backoff_first_ms = 100;
  options.backoff_most_ms = 1'000;
  options.welcome_within_ms = open_within.count();
  options.want = {"marks"}; // Neither presence nor typing is judged.
  options.random = [&random] { return random(); };
  return options;
}

} // namespace

std::int64_t steady_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

device::device(boost::asio::io_context& io, gathering& around, options how)
  : around_(around), how_(std::move(how)), random_(how_.seed), timer_(io),
    session_(io, how_.nodes, how_to_connect(how_.name, random_), *this, [this] { return watch(); },
             {.open_within = open_within}) {}

void device::start() {
  if (how_.joins)
    for (const auto room : how_.rooms)
      session_.join(around_.rooms[room]);
  session_.start();
  if (how_.rate_per_s > 0)
    speak();
}

bool device::complete() const {
  if (!session_.state().unsent().empty())
    return false;
  return !how_.joins || std::all_of(how_.rooms.begin(), how_.rooms.end(), [&](std::size_t room) {
    const auto& name = around_.rooms[room];
    const auto at = session_.state().where(name);
    return session_.state().caught_up(name) && at && at->seq >= around_.streams.highest(room);
  });
}

void device::cut() {
  if (session_.socket())
    session_.socket()->cut();
}

std::string device::describe() const {
  auto text = fmt::format("{}: {}, {} un-acked", how_.name, online() ? "online" : "not online", waiting());
  for (const auto room : how_.rooms)
    if (const auto at = session_.state().where(around_.rooms[room]))
      text += fmt::format(", {} at {} of {}", around_.rooms[room], at->seq, around_.streams.highest(room));
  return text + '\n';
}

/// Sees every frame of one connection.
client::connection_events device::watch() {
  struct seen {
    std::optional<checker::observed_connection> by;
    std::map<std::string, seq_t> pushed; ///< The last number pushed, by room.
  };
  auto here = std::make_shared<seen>();
  client::connection_events events;
  events.opened = [this, here] { here->by.emplace(*around_.recorder, how_.name, how_.name); };
  events.received = [this, here](const protocol::push& what) {
    if (!here->by)
      return;
    here->by->received(what);
    if (const auto* ack = std::get_if<protocol::server::ack>(&what))
      around_.in_memory = around_.in_memory || ack->durable == protocol::durability::memory;
    if (const auto* joined = std::get_if<protocol::server::joined>(&what)) {
      here->pushed[joined->room] = 0;
    } else if (const auto* message = std::get_if<protocol::server::message>(&what)) {
      auto& last = here->pushed[message->room];
      if (message->seq <= last)
        around_.streams.went_back();
      last = message->seq;
    }
  };
  events.lost = [here](const client::loss& how) {
    if (here->by)
      here->by->lost(std::to_string(how.code));
  };
  events.sending = [here](const protocol::request& what) {
    if (here->by)
      here->by->sending(what);
  };
  return events;
}

void device::speak() {
  if (said_++ > 0 && around_.sending && waiting() < waiting_max) {
    const auto& room = around_.rooms[how_.rooms[said_ % how_.rooms.size()]];
    auto body = fmt::format("{} says {}", how_.name, said_);
    body.resize(std::max(body.size(), around_.body_bytes), '.');
    const auto now_us = steady_us();
    const auto cid = session_.send({.room = room, .body = std::move(body)});
    issued_us_.emplace(cid, now_us);
    if (around_.twice)
      repeat(room, cid);
  }
  // Evenly over time, not in step with the others.
  const auto interval =
    std::chrono::duration<double>{(0.5 + static_cast<double>(random_() % 1'000) / 1e3) / how_.rate_per_s};
  timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(interval));
  timer_.async_wait([this, alive = std::weak_ptr<bool>{alive_}](boost::system::error_code failed) {
    if (!failed && !alive.expired())
      speak();
  });
}

/// As a client would that did not hear the ack.
void device::repeat(const std::string& room, const std::string& cid) {
  for (const auto& one : session_.state().unsent().all())
    if (one.what.cid == cid && one.what.room == room && one.stage == client::outgoing::stage::underway &&
        session_.socket()) {
      auto copy = one.what;
      copy.id = repeated_ids_from + ++repeated_;
      return session_.socket()->send(copy);
    }
}

std::size_t device::index_of(const std::string& room) const {
  for (const auto i : how_.rooms)
    if (around_.rooms[i] == room)
      return i;
  return how_.rooms.front();
}

void device::on_sent(const client::receipt& what) {
  const auto room = index_of(what.room);
  ++around_.acked;
  around_.streams.numbered(room, what.seq, how_.name, what.cid);
  if (const auto issued = issued_us_.extract(what.cid))
    around_.pauses.acked(room, issued.mapped(), steady_us());
}

void device::on_refused(const protocol::client::send& what, const protocol::server::error&) {
  ++around_.refused;
  issued_us_.erase(what.cid);
}

void device::on_message(const std::string& room, const client::entry& what, client::source) {
  around_.streams.numbered(index_of(room), what.seq, what.from, what.cid);
}

void device::on_discontinuity(const std::string&) { around_.streams.broke_off(); }

} // namespace troupe::prove
