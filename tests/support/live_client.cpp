#include "tests/support/live_client.hpp"

#include "protocol/limits.hpp"
#include "protocol/names.hpp"

#include <random>

namespace troupe::tests {
std::string new_cid(protocol::time_ms time) {
  static std::mt19937_64 source{std::random_device{}()};
  unsigned char randomness[10];
  for (auto& byte : randomness)
    byte = static_cast<unsigned char>(source());
  if (time == 0)
    time = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
             .count();
  return protocol::make_ulid(time, randomness);
}

live_client::live_client(const client::endpoint& where, options how) : how_{std::move(how)} {
  if (how_.recorder)
    observed_.emplace(*how_.recorder, how_.user, how_.user);
  client::connection_events events;
  events.opened = [this] { open_ = true; };
  events.received = [this](const protocol::push& what) {
    if (observed_)
      observed_->received(what);
    pushes_.push_back(what);
  };
  events.lost = [this](const client::loss& ended) {
    if (observed_)
      observed_->lost(std::to_string(ended.code));
    loss_ = ended;
  };
  events.sending = [this](const protocol::request& what) {
    if (observed_)
      observed_->sending(what);
  };
  connection_ = client::connection::open(io_, where, std::move(events), how_.connect);
  wait([this] { return open_; }, "the upgrade");
  if (how_.user.empty())
    return;
  const auto id = starts(say::hello{.user = how_.user, .resume = how_.resume, .rooms = how_.rooms, .sdk = "test"});
  welcome_ = expect<hear::welcome>(answer_to(id), "hello");
}

live_client::~live_client() { connection_->abandon(); }

// -- deeds --------------------------------------------------------------------------

hear::joined live_client::joins(const std::string& room, std::optional<protocol::position> since,
                                std::optional<std::uint32_t> limit, std::optional<std::vector<std::string>> want) {
  return expect<hear::joined>(
    asks(say::join{.room = room, .since = std::move(since), .limit = limit, .want = std::move(want)}), "join");
}

hear::ack live_client::sends(const std::string& room, const std::string& body, const std::string& cid) {
  return sends(say::send{.room = room, .cid = cid, .body = body});
}

hear::ack live_client::sends(say::send what) {
  if (what.cid.empty())
    what.cid = new_cid();
  return expect<hear::ack>(asks(std::move(what)), "send");
}

hear::page live_client::fetches(say::fetch what) {
  if (what.limit == 0)
    what.limit = protocol::limits::page_messages_max;
  return expect<hear::page>(asks(std::move(what)), "fetch");
}

void live_client::leaves(const std::string& room, bool forget) {
  expect<hear::ok>(asks(say::leave{.room = room, .forget = forget ? std::optional{true} : std::nullopt}), "leave");
}

void live_client::pings() { expect<hear::pong>(asks(say::ping{}), "ping"); }

hear::rooms live_client::inbox(const std::optional<std::string>& after) {
  return expect<hear::rooms>(asks(say::rooms{.after = after}), "rooms");
}

hear::presence live_client::who(const std::string& room) {
  return expect<hear::presence>(asks(say::presence{.room = room}), "presence");
}

protocol::push live_client::asks(protocol::request what) { return answer_to(starts(std::move(what))); }

hear::error live_client::refused(protocol::request what) {
  return expect<hear::error>(asks(std::move(what)), "something to refuse");
}

hear::error live_client::refused_send(const std::string& room, const std::string& body, const std::string& cid) {
  return refused(say::send{.room = room, .cid = cid.empty() ? new_cid() : cid, .body = body});
}

protocol::request_id live_client::starts(protocol::request what) {
  const auto id = next_id_++;
  client::set_id(what, id);
  connection_->send(what);
  flush();
  return id;
}

void live_client::flush() {
  const auto until = std::chrono::steady_clock::now() + how_.patience;
  while (!loss_ && connection_->queued_bytes() > 0 && std::chrono::steady_clock::now() < until) {
    if (io_.stopped())
      io_.restart();
    io_.run_one_for(std::chrono::milliseconds{20});
  }
}

protocol::push live_client::answer_to(protocol::request_id id) {
  std::optional<protocol::push> found;
  wait(
    [&] {
      for (auto at = pushes_.begin(); at != pushes_.end(); ++at)
        if (client::answers(*at) == id) {
          found = std::move(*at);
          pushes_.erase(at);
          return true;
        }
      return false;
    },
    "the answer to request " + std::to_string(id));
  return std::move(*found);
}

void live_client::tells(protocol::request what) {
  connection_->send(what);
  flush();
}

void live_client::writes(const std::string& raw_frame, bool text) {
  connection_->send_raw(raw_frame, text);
  flush();
}

std::optional<protocol::push> live_client::take_any() {
  if (pushes_.empty())
    return std::nullopt;
  auto first = std::move(pushes_.front());
  pushes_.pop_front();
  return first;
}

std::deque<protocol::push> live_client::settled() {
  pings();
  return std::exchange(pushes_, {});
}

// -- the end --------------------------------------------------------------------------

client::loss live_client::loses_connection() {
  const auto until = std::chrono::steady_clock::now() + how_.patience;
  while (!loss_ && std::chrono::steady_clock::now() < until)
    io_.run_one_for(std::chrono::milliseconds{20});
  if (!loss_)
    throw nothing_came{how_.user + " is still connected"};
  return *loss_;
}

void live_client::closes() {
  connection_->close();
  loses_connection();
}

void live_client::vanishes() {
  connection_->abandon();
  loss_ = client::loss{.reason = "vanished"};
  if (observed_)
    observed_->lost("vanished");
}

void live_client::wait(const std::function<bool()>& done, const std::string& what) {
  const auto until = std::chrono::steady_clock::now() + how_.patience;
  while (!done()) {
    if (loss_)
      throw nothing_came{how_.user + " waited for " + what + ", but the connection ended with " +
                         std::to_string(loss_->code) + ' ' + loss_->reason};
    if (std::chrono::steady_clock::now() >= until)
      throw nothing_came{how_.user + " waited for " + what};
    if (io_.stopped())
      io_.restart();
    io_.run_one_for(std::chrono::milliseconds{20});
  }
}

void live_client::lives_for(std::chrono::milliseconds time) {
  if (io_.stopped())
    io_.restart();
  io_.run_for(time);
}

template <class Answer>
Answer live_client::expect(protocol::push got, const char* asked) {
  if (auto* answer = std::get_if<Answer>(&got))
    return std::move(*answer);
  throw nothing_came{how_.user + " asked with " + asked + " and got " + shown(got)};
}

std::string shown(const protocol::push& what) {
  std::string frame;
  std::visit([&](const auto& one) { protocol::encode_json(frame, one); }, what);
  return frame;
}

void record_final_history(checker::recorder& into, live_client& reader, const std::string& room) {
  // The newest page tells the head independently of the reading, which may go beyond it.
  const auto newest = reader.fetches({.room = room, .limit = 1, .raw = true});
  const auto head = newest.messages.empty() ? 0 : newest.messages.back().seq;
  std::optional<checker::final_history> history;
  for (seq_t after = 0;;) {
    const auto page = reader.fetches({.room = room, .after = after, .raw = true});
    if (!history)
      history.emplace(into, room, page.epoch, page.min, head, page.prev);
    for (const auto& raw : page.messages)
      history->row(raw);
    if (!page.more || page.messages.empty())
      return;
    after = page.messages.back().seq;
  }
}

} // namespace troupe::tests
