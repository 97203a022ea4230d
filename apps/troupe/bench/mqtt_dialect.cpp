#include "apps/troupe/bench/dialect.hpp"

#include <fmt/format.h>

namespace troupe::bench {

namespace {

/// MQTT 3.1.1 with QoS 0, a clean session and no keep-alive. A room is a topic.
class mqtt_dialect final : public dialect {
public:
  mqtt_dialect(const settings& s, const layout& l) : settings_{s}, layout_{l} {}

  void open(connection& c) override {
    c.at = phase::greeting;
    // Protocol name, level 4, clean session, no keep-alive, client id.
    const auto name = fmt::format("b{:08x}-{}", layout_.run, c.index);
    auto rest = std::string{"\0\4MQTT\4\2\0\0", 10};
    append_text(rest, name);
    append_packet(c.outgoing, 0x10, rest);
  }

  std::size_t consume(connection& c, std::string_view bytes, events& out) override {
    std::size_t used = 0;
    while (c.at != phase::closed) {
      const auto rest = bytes.substr(used);
      std::size_t header = 1;
      std::size_t size = 0;
      bool complete = false;
      for (int shift = 0; header < rest.size() && header <= 4; shift += 7) {
        const auto byte = static_cast<unsigned char>(rest[header++]);
        size |= static_cast<std::size_t>(byte & 0x7Fu) << shift;
        if ((byte & 0x80u) == 0) {
          complete = true;
          break;
        }
      }
      if (!complete) {
        if (header > 4)
          out.failed(c, "broken MQTT length");
        break;
      }
      if (rest.size() < header + size)
        break;
      used += header + size;
      read_packet(c, static_cast<unsigned char>(rest[0]), rest.substr(header, size), out);
    }
    return used;
  }

  void send(connection& c, const stamp& what) override {
    text_.clear();
    append_text(text_, layout_.room_name(c.room));
    write_stamp(text_, what, settings_.payload_bytes);
    append_packet(c.outgoing, 0x30, text_);
  }

private:
  static void append_text(std::string& out, std::string_view text) {
    out += static_cast<char>(text.size() >> 8);
    out += static_cast<char>(text.size());
    out += text;
  }

  static void append_packet(std::string& out, unsigned char type, std::string_view rest) {
    out += static_cast<char>(type);
    auto size = rest.size();
    do {
      const auto low = size & 0x7Fu;
      size >>= 7;
      out += static_cast<char>(low | (size != 0 ? 0x80u : 0u));
    } while (size != 0);
    out += rest;
  }

  void read_packet(connection& c, unsigned char type, std::string_view rest, events& out) {
    switch (type >> 4) {
    case 2: { // CONNACK
      if (rest.size() != 2 || rest[1] != 0) {
        out.failed(c, "CONNECT was refused");
        return;
      }
      c.at = phase::joining;
      auto wish = std::string{"\0\1", 2};
      append_text(wish, layout_.room_name(c.room));
      wish += '\0';
      append_packet(c.outgoing, 0x82, wish);
      return;
    }
    case 9: // SUBACK
      if (rest.size() != 3 || rest[2] != 0)
        out.failed(c, "SUBSCRIBE was refused");
      else
        out.ready(c);
      return;
    case 3: { // PUBLISH
      if (rest.size() < 2)
        return;
      const std::size_t topic = static_cast<unsigned char>(rest[0]) * 256u + static_cast<unsigned char>(rest[1]);
      const auto body = 2 + topic;
      stamp s;
      if (rest.size() >= body + stamp_bytes && read_stamp(rest.data() + body, s))
        out.delivered(c, s);
      return;
    }
    default: return;
    }
  }

  const settings& settings_;
  const layout& layout_;
  std::string text_;
};

} // namespace

std::unique_ptr<dialect> make_mqtt_dialect(const settings& s, const layout& l) {
  return std::make_unique<mqtt_dialect>(s, l);
}

std::unique_ptr<dialect> make_dialect(const settings& s, const layout& l) {
  switch (s.dialect) {
  case speech::hub: return make_hub_dialect(s, l);
  case speech::mqtt: return make_mqtt_dialect(s, l);
  case speech::troupe: break;
  }
  return make_troupe_dialect(s, l);
}

} // namespace troupe::bench
