#include "apps/troupe/bench/websocket_dialect.hpp"

namespace troupe::bench {

namespace {

/// A text broadcast hub: the room is in the query, and a message is its body. Hubs that
/// put several messages into one frame part them with a newline.
class hub_dialect final : public websocket_dialect {
public:
  hub_dialect(const settings& s, const layout& l) : websocket_dialect{s, l, {}} {}

  void send(connection& c, const stamp& what) override {
    body_.clear();
    write_stamp(body_, what, settings_.payload_bytes);
    write_frame(c.outgoing, opcode::text, body_, c.mask);
  }

protected:
  std::string target_for(const connection& c) const override {
    return server_.target + "?room=" + layout_.room_name(c.room);
  }

  void upgraded(connection& c, events& out) override { out.ready(c); }

  void received(connection& c, std::string_view message, events& out) override {
    while (message.size() >= stamp_bytes) {
      if (stamp s; read_stamp(message.data(), s))
        out.delivered(c, s);
      const auto end = message.find('\n', stamp_bytes);
      if (end == std::string_view::npos)
        return;
      message.remove_prefix(end + 1);
    }
  }

private:
  std::string body_;
};

} // namespace

std::unique_ptr<dialect> make_hub_dialect(const settings& s, const layout& l) {
  return std::make_unique<hub_dialect>(s, l);
}

} // namespace troupe::bench
