// transport/websocket.hpp
//
// A WebSocket: frames in, frames out, nothing about chat.
#pragma once

#include "actors/wire.hpp"
#include "transport/admission.hpp"
#include "transport/asio.hpp"
#include "transport/cork.hpp"
#include "transport/flood_guard.hpp"
#include "transport/lane.hpp"
#include "transport/outgoing.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::transport {

using http_request = http::request<http::string_body>;

/// One upgraded socket, between Beast and the connection actor.
///
/// Ordering:  frames go out in the order of `take`; pongs and the close frame between them. After the close
///            frame nothing is sent, whoever wants to.
/// Threading: lives on one I/O thread; nobody else touches it.
/// Lifetime:  holds itself and its actor until `closed` was told and the socket is gone.
/// Memory:    at rest it holds no buffer; frames that the socket cannot take stay with the connection, but for
///            one batch.
/// Overload:  peers that send little but headers or control frames are closed with 1008, those that begin a
///            message and do not end it within `message_ms_max` as well.
/// Errors:    none are thrown; whatever ends the connection arrives once, in `closed`.
class websocket final : public session,
                        public actors::wire,
                        private cork_events,
                        private flushable,
                        private timer_wheel::entry {
public:
  static constexpr std::size_t take_bytes_max = 256 * 1024; ///< Of one batch.
  static constexpr std::int64_t close_ms_max = 4'000;       ///< To send what is left, and the close frame.
  static constexpr std::int64_t message_ms_max = 30'000;    ///< From the first to the last byte of a message.

  /// Answers `request`, which `judge_upgrade` has passed, and serves the socket from then on.
  static void accept(std::shared_ptr<lane> on, tcp_socket socket, const http_request& request, actors::peer who,
                     admission::place place);

  // -- wire -------------------------------------------------------------------
  void wake() override;
  void close(protocol::close_code why, std::string_view reason) override;
  void drop() override;

  // -- session ----------------------------------------------------------------
  void leave() override;
  void abort() override;

  ~websocket() override;

private:
  enum class phase : std::uint8_t {
    upgrading,
    open,
    draining, ///< `close` was called: sends what `take` still gives.
    sealed,   ///< The close frame is queued: nothing may follow it.
    ended,    ///< `closed` was told; only the socket is left.
  };

  struct read_done;
  using self_ptr = boost::intrusive_ptr<websocket>;

  websocket(std::shared_ptr<lane> on, tcp_socket socket, admission::place place);

  tcp_socket& socket() noexcept { return stream_.next_layer().next_layer(); }
  void opened(actors::peer who);

  // -- reading ----------------------------------------------------------------
  void read();
  bool consume(error_code error, std::size_t bytes);
  bool deliver(std::string_view text);
  bool assemble(std::string_view part);
  void reading_ended(error_code error);

  // -- writing ----------------------------------------------------------------
  void flush() override;
  bool take();
  bool send();
  void wait_writable();

  // -- ending -----------------------------------------------------------------
  void fail(std::uint16_t code, std::string_view reason);
  void seal();
  void finish_sending();
  void finish_socket();
  void break_off(actors::ending why);
  void tell_closed();
  void retire();

  // -- cork_events ------------------------------------------------------------
  void write_own(std::string_view bytes) override;
  bool was_read(std::size_t bytes) override;

  // -- timer_wheel::entry -----------------------------------------------------
  void expired(std::int64_t now_ms) override;

  beast::websocket::stream<cork, false> stream_;
  actors::attached actor_;
  admission::place place_;
  self_ptr self_;

  outgoing out_;
  std::string close_frame_;
  std::int64_t deadline_ms_ = 0; ///< From `draining` on.
  std::int64_t tick_ms_ = 0;     ///< When the next one comes.

  flood_guard guard_;
  buffer_pool::buffer assembly_; ///< A message that came in several pieces.
  std::uint32_t assembled_ = 0;
  std::int64_t message_since_ms_ = 0;
  error_code read_error_; ///< Of a read that ended at once.
  std::uint32_t read_bytes_ = 0;

  phase phase_ = phase::upgrading;
  std::optional<actors::ending> why_;
  bool prompt_ = false; ///< Inside the call that starts a read.
  bool read_completed_ = false;
  bool reading_over_ = false;
  bool peer_ended_ = false; ///< Its close frame or the end of its stream came.
  bool write_waiting_ = false;
  bool failed_ = false; ///< By us, for a rule that Beast does not know: reading has stopped.
};

} // namespace troupe::transport
