#include "apps/troupe/bench/websocket_dialect.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <vector>

namespace troupe::bench {

namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t hello_id = 1;
constexpr std::uint64_t join_id = 2;
constexpr std::uint64_t ping_id = 3;
constexpr std::uint64_t first_send_id = 16; ///< Message n is sent with id `first_send_id + n`.

constexpr auto body_key = R"("body":")"sv;

/// The number after the first `key`, or `otherwise`.
std::uint64_t number_after(std::string_view frame, std::string_view key, std::uint64_t otherwise) {
  const auto at = frame.find(key);
  if (at == std::string_view::npos)
    return otherwise;
  std::uint64_t value = otherwise;
  std::from_chars(frame.data() + at + key.size(), frame.data() + frame.size(), value);
  return value;
}

/// The value of `"type"`. Our server writes it first; another may put it anywhere.
std::string_view type_of(std::string_view frame) {
  constexpr auto key = R"("type":")"sv;
  const auto at = frame.find(key);
  if (at == std::string_view::npos)
    return {};
  const auto value = frame.substr(at + key.size());
  return value.substr(0, value.find('"'));
}

/// `troupe.v1`. No JSON is parsed: a frame's type is looked up at its start, the body is
/// found where the frame before had it, and what a delivery is checked by stands in
/// the body at fixed places. An ack counts by its `re`.
class troupe_dialect final : public websocket_dialect {
public:
  troupe_dialect(const settings& s, const layout& l) : websocket_dialect{s, l, "troupe.v1"} {
    for (std::string_view rest = s.want; !rest.empty();) {
      const auto comma = std::min(rest.find(','), rest.size());
      want_ += fmt::format("{}\"{}\"", want_.empty() ? "" : ",", rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }

  void send(connection& c, const stamp& what) override {
    text_.clear();
    fmt::format_to(std::back_inserter(text_), R"({{"type":"send","id":{},"room":"{}","cid":")",
                   first_send_id + what.number, room_name_of(c));
    write_ulid(what);
    text_ += R"(","body":")";
    write_stamp(text_, what, settings_.payload_bytes);
    text_ += R"("})";
    write_frame(c.outgoing, opcode::text, text_, c.mask);
  }

  void ping(connection& c) override { say(c, fmt::format(R"({{"type":"ping","id":{}}})", ping_id)); }

protected:
  std::string target_for(const connection&) const override { return server_.target; }

  void upgraded(connection& c, events&) override {
    c.at = phase::greeting;
    say(c, fmt::format(R"({{"type":"hello","id":{},"user":"{}","sdk":"troupe-bench"}})", hello_id,
                       layout_.user_name(c.index)));
  }

  void received(connection& c, std::string_view frame, events& out) override {
    if (frame.starts_with(R"({"type":"message")"sv)) [[likely]]
      read_message(c, frame, out);
    else if (frame.starts_with(R"({"type":"ack")"sv))
      read_ack(c, frame, out);
    else
      read_rare(c, frame, out);
  }

private:
  void say(connection& c, std::string_view text) { write_frame(c.outgoing, opcode::text, text, c.mask); }

  /// A sender has one room; its name is formatted once and not for every message.
  const std::string& room_name_of(const connection& c) {
    if (c.room >= room_names_.size())
      room_names_.resize(c.room + 1);
    auto& name = room_names_[c.room];
    if (name.empty())
      name = layout_.room_name(c.room);
    return name;
  }

  /// 48 bits of time and 80 that say run, room, sender and number: unique, and the same
  /// for nobody else.
  void write_ulid(const stamp& what) {
    constexpr auto digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"sv;
    using namespace std::chrono;
    auto time = static_cast<std::uint64_t>(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
    std::uint64_t who = (std::uint64_t{what.run & 0xFFFFu} << 24) | layout_.sender_index(what.room, what.sender);
    std::uint64_t number = what.number;
    char out[26];
    for (int i = 9; i >= 0; --i, time >>= 5)
      out[i] = digits[time & 31u];
    for (int i = 17; i >= 10; --i, who >>= 5)
      out[i] = digits[who & 31u];
    for (int i = 25; i >= 18; --i, number >>= 5)
      out[i] = digits[number & 31u];
    text_.append(out, sizeof(out));
  }

  void read_message(connection& c, std::string_view frame, events& out) {
    auto at = body_at_;
    if (frame.size() < at || frame.substr(at - body_key.size(), body_key.size()) != body_key) {
      const auto found = frame.find(body_key);
      if (found == std::string_view::npos)
        return;
      at = body_at_ = found + body_key.size();
    }
    stamp s;
    if (frame.size() >= at + stamp_bytes && read_stamp(frame.data() + at, s))
      out.delivered(c, s);
  }

  void read_ack(connection& c, std::string_view frame, events& out) {
    const auto re = number_after(frame, R"("re":)", 0);
    if (re > first_send_id)
      out.acked(c, static_cast<std::uint32_t>(re - first_send_id));
  }

  void read_rare(connection& c, std::string_view frame, events& out) {
    const auto type = type_of(frame);
    if (type == "message") {
      read_message(c, frame, out);
    } else if (type == "ack") {
      read_ack(c, frame, out);
    } else if (type == "welcome") {
      c.ping_every_ns = static_cast<std::int64_t>(number_after(frame, R"("ping_ms":)", 0)) * 800'000;
      if (!layout_.joins) {
        out.ready(c);
        return;
      }
      c.at = phase::joining;
      say(c, fmt::format(R"({{"type":"join","id":{},"room":"{}","want":[{}]}})", join_id, layout_.room_name(c.room),
                         want_));
    } else if (type == "joined" && c.at == phase::joining) {
      out.ready(c);
    } else if (type == "gap") {
      out.gapped(c);
    } else if (type == "error") {
      const auto re = number_after(frame, R"("re":)", 0);
      if (re > first_send_id)
        out.refused(c, static_cast<std::uint32_t>(re - first_send_id), frame);
      else
        out.failed(c, frame);
    }
  }

  std::string want_;
  std::string text_;
  std::vector<std::string> room_names_;
  std::size_t body_at_ = body_key.size(); ///< Where the last message had its body.
};

} // namespace

std::unique_ptr<dialect> make_troupe_dialect(const settings& s, const layout& l) {
  return std::make_unique<troupe_dialect>(s, l);
}

} // namespace troupe::bench
