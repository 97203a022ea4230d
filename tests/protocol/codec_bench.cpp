// Nanoseconds of CPU time per frame of the JSON codec and of the chain:
//
//   build/release/bin/troupe_codec_bench
#include "protocol/chain.hpp"
#include "protocol/codec.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>

using namespace troupe::protocol;

namespace {

/// Prints minimum, median and maximum of some rounds of many calls.
template <class F>
void measure(std::string_view name, std::size_t bytes, F&& once) {
  constexpr std::size_t calls = 100'000;
  std::array<double, 9> rounds{};
  for (auto& ns : rounds) {
    const auto begin = std::clock();
    for (std::size_t i = 0; i < calls; ++i)
      once();
    ns = static_cast<double>(std::clock() - begin) * (1e9 / CLOCKS_PER_SEC) / calls;
  }
  std::ranges::sort(rounds);
  std::printf("%-38.*s %5zu bytes  min %7.0f  median %7.0f  max %7.0f ns\n", static_cast<int>(name.size()), name.data(),
              bytes, rounds.front(), rounds[rounds.size() / 2], rounds.back());
}

template <class Message>
std::string encoded(const Message& message) {
  std::string out;
  encode_json(out, message);
  return out;
}

std::size_t sink = 0; // what is computed must be used

} // namespace

int main() {
  const std::string cid = "01HZXW3K5V8Q2R7T9B4C6D8E0F";
  const std::string plain(128, 'a');
  std::string escaped = plain;
  escaped[20] = '"';
  escaped[60] = '\n';
  const client::send send{.id = 4711, .room = "lounge/kitchen", .cid = cid, .body = plain, .reply_to = 123456};
  auto send_escaped = send;
  send_escaped.body = escaped;
  const server::message message{.room = "lounge/kitchen",
                                .epoch = "f3a91c0277d84b6e",
                                .seq = 123457,
                                .from = "ann@example.org",
                                .cid = cid,
                                .time = 1'717'171'717'171,
                                .kind = "text",
                                .body = plain,
                                .salt = std::string(32, '7')};
  auto message_escaped = message;
  message_escaped.body = escaped;
  const server::ack ack{.re = 4711,
                        .room = message.room,
                        .cid = cid,
                        .epoch = message.epoch,
                        .seq = message.seq,
                        .time = message.time,
                        .salt = message.salt,
                        .chain = std::string(64, 'c')};

  const auto decode = [](std::string_view name, const std::string& frame) {
    measure(name, frame.size(), [&] { sink += decode_json(frame).index(); });
  };
  decode("decode send", encoded(send));
  decode("decode send with two escapes", encoded(send_escaped));
  decode("decode typing", encoded(client::typing{.room = "lounge"}));
  decode("decode ping", encoded(client::ping{.id = 1}));

  std::string out;
  const auto encode = [&](std::string_view name, const auto& what) {
    measure(name, encoded(what).size(), [&] {
      out.clear();
      encode_json(out, what);
      sink += out.size();
    });
  };
  encode("encode message", message);
  encode("encode message with two escapes", message_escaped);
  encode("encode ack", ack);

  const auto frame = encoded(message);
  measure("decode message (clients)", frame.size(), [&] { sink += decode_server_json(frame).index(); });

  const salt_bytes salt{};
  auto link = chain_start(message.room, message.epoch);
  measure("body digest and chain link", plain.size(), [&] {
    const auto digest = body_digest(salt, plain);
    link = chain_next(
      link, {.seq = 1, .time = message.time, .user = message.from, .cid = cid, .kind = "text", .digest = digest});
    sink += link[0];
  });
  return sink == 0 ? 1 : 0;
}
