#include "apps/troupe/bench/dialect.hpp"
#include "apps/troupe/bench/websocket_frames.hpp"
#include "protocol/codec.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::bench;
using namespace std::string_literals;

namespace {

/// Writes down what a dialect found, one line each.
struct transcript final : events {
  std::vector<std::string> lines;

  void ready(connection& c) override {
    c.at = phase::ready;
    lines.emplace_back("ready");
  }
  void delivered(connection&, const stamp& s) override {
    lines.push_back("delivered " + std::to_string(s.sender) + ":" + std::to_string(s.number));
  }
  void acked(connection&, std::uint32_t number) override { lines.push_back("acked " + std::to_string(number)); }
  void refused(connection&, std::uint32_t number, std::string_view) override {
    lines.push_back("refused " + std::to_string(number));
  }
  void gapped(connection&) override { lines.emplace_back("gapped"); }
  void failed(connection& c, std::string_view why) override {
    c.at = phase::closed;
    lines.push_back("failed " + std::string{why.substr(0, 24)});
  }
};

std::string frame_of(std::string_view payload, opcode kind = opcode::text, bool final = true) {
  std::string out;
  out += static_cast<char>((final ? 0x80 : 0) | static_cast<int>(kind));
  if (payload.size() < 126) {
    out += static_cast<char>(payload.size());
  } else {
    out += static_cast<char>(126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size());
  }
  return out + std::string{payload};
}

template <class Message>
std::string encoded(const Message& m) {
  std::string text;
  protocol::encode_json(text, m);
  return frame_of(text);
}

std::string body_of(std::uint32_t sender, std::uint32_t number) {
  std::string out;
  write_stamp(out, {1, 0, sender, number, 5}, 128);
  return out;
}

protocol::server::message message_of(std::uint32_t sender, std::uint32_t number) {
  protocol::server::message m;
  m.room = "bench/mem/x";
  m.epoch = "e";
  m.seq = number * 97;
  m.from = "b" + std::to_string(sender);
  m.cid = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  m.body = body_of(sender, number);
  return m;
}

/// The text frames that a dialect has put into `outgoing`, without their masks.
std::vector<std::string> said(std::string& outgoing) {
  std::vector<std::string> out;
  std::size_t at = 0;
  if (const auto end = outgoing.find("\r\n\r\n"); outgoing.starts_with("GET ") && end != std::string::npos)
    at = end + 4;
  while (at < outgoing.size()) {
    std::size_t size = static_cast<unsigned char>(outgoing[at + 1]) & 0x7Fu;
    std::size_t header = 2;
    if (size == 126) {
      size = static_cast<unsigned char>(outgoing[at + 2]) * 256u + static_cast<unsigned char>(outgoing[at + 3]);
      header = 4;
    }
    const auto mask = outgoing.substr(at + header, 4);
    auto text = outgoing.substr(at + header + 4, size);
    for (std::size_t i = 0; i < size; ++i)
      text[i] = static_cast<char>(text[i] ^ mask[i % 4]);
    out.push_back(text);
    at += header + 4 + size;
  }
  outgoing.clear();
  return out;
}

/// Feeds `first` and `second` as two receives, the way a driver does with what is left over.
std::vector<std::string> heard(dialect& d, connection& c, std::string_view first, std::string_view second) {
  transcript t;
  std::string kept{first};
  kept.erase(0, d.consume(c, kept, t));
  kept += second;
  if (c.at != phase::closed)
    kept.erase(0, d.consume(c, kept, t));
  CHECK(kept.empty());
  return t.lines;
}

const auto upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"s;

settings with(speech dialect) {
  settings s;
  s.dialect = dialect;
  s.url = dialect == speech::mqtt ? "mqtt://127.0.0.1:1" : "ws://127.0.0.1:1/ws";
  s.connections = 4;
  return s;
}

} // namespace

TEST_CASE("what a load client says is understood by the server's codec") {
  auto s = with(speech::troupe);
  s.want = GENERATE(as<std::string>{}, "", "presence", "presence,typing,marks");
  const auto l = plan(s, 1);
  const auto d = make_dialect(s, l);
  connection c;
  c.mask = 0x12345678;
  transcript t;
  d->open(c);
  CHECK(c.outgoing.find("Sec-WebSocket-Protocol: troupe.v1\r\n") != std::string::npos);
  c.outgoing.clear();

  d->consume(c, upgrade, t);
  auto frames = said(c.outgoing);
  REQUIRE(frames.size() == 1);
  const auto hello = protocol::decode_json(frames[0]);
  REQUIRE(std::holds_alternative<protocol::request>(hello));
  CHECK(std::get<protocol::client::hello>(std::get<protocol::request>(hello)).user == l.user_name(0));

  protocol::server::welcome w;
  w.re = 1;
  w.ping_ms = 25'000;
  d->consume(c, encoded(w), t);
  CHECK(c.ping_every_ns == 20'000'000'000);
  frames = said(c.outgoing);
  REQUIRE(frames.size() == 1);
  const auto join = protocol::decode_json(frames[0]);
  REQUIRE(std::holds_alternative<protocol::request>(join));
  const auto& joining = std::get<protocol::client::join>(std::get<protocol::request>(join));
  CHECK(joining.room == l.room_name(0));
  REQUIRE(joining.want);
  CHECK(joining.want->size() == (s.want.empty() ? 0u : s.want == "presence" ? 1u : 3u));

  d->send(c, {1, 0, 0, 7, 99});
  d->ping(c);
  frames = said(c.outgoing);
  REQUIRE(frames.size() == 2);
  const auto send = protocol::decode_json(frames[0]);
  REQUIRE(std::holds_alternative<protocol::request>(send));
  const auto& sending = std::get<protocol::client::send>(std::get<protocol::request>(send));
  stamp back;
  REQUIRE(read_stamp(sending.body.data(), back));
  CHECK(back == stamp{1, 0, 0, 7, 99});
  CHECK(sending.body.size() == 128);
  CHECK(std::holds_alternative<protocol::request>(protocol::decode_json(frames[1])));
}

TEST_CASE("frames of the server are found, wherever the stream is cut") {
  const auto s = with(speech::troupe);
  const auto l = plan(s, 1);
  protocol::server::welcome welcome;
  welcome.re = 1;
  protocol::server::joined joined;
  joined.re = 2;
  joined.room = l.room_name(0);
  joined.messages.emplace_back().body = body_of(9, 9); // History: its frame is not a delivery.
  protocol::server::ack ack;
  ack.re = 16 + 3;
  ack.seq = 12;
  ack.chain = std::string(64, 'c');
  protocol::server::error error;
  error.re = 16 + 4;
  error.code = protocol::code::overloaded;
  error.message = "Send it again later.";
  protocol::server::gap gap;
  gap.room = joined.room;
  const auto stream = upgrade + encoded(welcome) + encoded(joined) + encoded(message_of(1, 1)) +
                      frame_of("", opcode::ping) + encoded(message_of(2, 1)) + encoded(ack) +
                      encoded(message_of(1, 123'456)) + encoded(error) + encoded(protocol::server::pong{3, 4}) +
                      encoded(gap);
  const std::vector<std::string> expected{
    "ready", "delivered 1:1", "delivered 2:1", "acked 3", "delivered 1:123456", "refused 4", "gapped"};
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    CAPTURE(cut);
    const auto d = make_dialect(s, l);
    connection c;
    d->open(c);
    REQUIRE(heard(*d, c, stream.substr(0, cut), stream.substr(cut)) == expected);
  }
}

TEST_CASE("a fragmented message counts once, when its last fragment is there") {
  const auto s = with(speech::troupe);
  const auto l = plan(s, 1);
  std::string text;
  protocol::encode_json(text, message_of(1, 1));
  for (std::size_t cut = 0; cut <= text.size(); cut += 7) {
    const auto d = make_dialect(s, l);
    connection c;
    c.at = phase::ready;
    const auto first = frame_of(text.substr(0, cut), opcode::text, false);
    const auto last = frame_of(text.substr(cut), opcode::continuation, true);
    CHECK(heard(*d, c, first + frame_of("", opcode::ping), last) == std::vector{"delivered 1:1"s});
  }
}

TEST_CASE("a refused upgrade and a close tell why") {
  const auto s = with(speech::troupe);
  const auto l = plan(s, 1);
  const auto d = make_dialect(s, l);
  transcript t;
  connection c;
  d->open(c);
  d->consume(c, "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n", t);
  connection closed;
  closed.at = phase::ready;
  d->consume(closed, frame_of("\x0f\xa8slow", opcode::close), t);
  CHECK(t.lines == std::vector{"failed HTTP/1.1 503 Service Una"s, "failed closed by the server wit"s});
}

TEST_CASE("a hub's frame may hold several messages") {
  const auto s = with(speech::hub);
  const auto l = plan(s, 1);
  const auto d = make_dialect(s, l);
  connection c;
  d->open(c);
  CHECK(c.outgoing.starts_with("GET /ws?room=" + l.room_name(0) + " HTTP/1.1\r\n"));
  const auto merged = body_of(1, 1) + "\n" + body_of(2, 1) + "\n" + body_of(1, 2);
  CHECK(heard(*d, c, upgrade, frame_of(merged) + frame_of(body_of(1, 3))) ==
        std::vector{"ready"s, "delivered 1:1"s, "delivered 2:1"s, "delivered 1:2"s, "delivered 1:3"s});
}

TEST_CASE("an MQTT session is read, wherever the stream is cut") {
  const auto s = with(speech::mqtt);
  const auto l = plan(s, 1);
  const auto publish = [&](std::uint32_t sender, std::uint32_t number) {
    const auto topic = l.room_name(0);
    std::string rest;
    rest += '\0';
    rest += static_cast<char>(topic.size());
    rest += topic + body_of(sender, number);
    std::string out = "\x30";
    out += static_cast<char>((rest.size() & 0x7F) | 0x80);
    out += static_cast<char>(rest.size() >> 7);
    return out + rest;
  };
  const auto stream = "\x20\x02\0\0"s + "\x90\x03\0\1\0"s + publish(1, 1) + publish(1, 2);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    CAPTURE(cut);
    const auto d = make_dialect(s, l);
    connection c;
    d->open(c);
    CHECK(heard(*d, c, stream.substr(0, cut), stream.substr(cut)) ==
          std::vector{"ready"s, "delivered 1:1"s, "delivered 1:2"s});
  }
  const auto d = make_dialect(s, l);
  connection refused;
  d->open(refused);
  CHECK(heard(*d, refused, "\x20\x02\0\5"s, "") == std::vector{"failed CONNECT was refused"s});
}
