// tests/transport/raw_client.hpp
//
// A TCP socket with nothing in between, to say what no library would say.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace troupe::tests {

/// Sanitizers keep freed memory, and look at memory through pipes, which need descriptors.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

/// A frame as a client sends it. Every field can be wrong.
struct raw_frame {
  bool fin = true;
  unsigned reserved = 0; ///< The three reserved bits.
  unsigned opcode = 1;
  bool masked = true;
  std::string_view payload;
  std::optional<std::uint64_t> claimed_length; ///< Instead of the payload's own, in eight bytes.

  std::string bytes() const;
};

std::string text_frame(std::string_view payload);
std::string close_frame_of(std::uint16_t code);

/// A frame from the server.
struct received_frame {
  unsigned opcode = 0;
  std::string payload;

  /// Of a close frame; 1005 when it names none.
  unsigned close_code() const;
};

class raw_client {
public:
  explicit raw_client(std::uint16_t port);
  raw_client(raw_client&& other) noexcept;
  raw_client(const raw_client&) = delete;
  ~raw_client();

  /// False when the peer no longer takes anything.
  bool send(std::string_view bytes);

  /// The next frame, or nothing at the end of the stream, after a reset, or when none comes for 10 s.
  std::optional<received_frame> frame();

  /// The close code the peer sends, reading over everything before it; 0 when the stream ends without one.
  unsigned close_code();

  /// Everything up to the end of one HTTP answer (by Content-Length); empty when none comes.
  std::string answer();

  /// True when the stream ends (or is reset) within `ms`.
  bool ended_within(int ms);

  /// Upgrades; false when the answer is not 101.
  bool upgrade(std::string_view more_fields = {});

  /// Gives the memory of what was received and read back.
  void forget_buffer() { buffer_.shrink_to_fit(); }

private:
  bool fill(int ms);

  int descriptor_ = -1;
  std::string buffer_;
};

/// The request `upgrade` sends.
std::string upgrade_request_text(std::string_view more_fields = {});

unsigned status_of(std::string_view answer);

/// Waits for what another thread brings about, for ten seconds at most.
template <class Condition>
bool eventually(Condition condition) {
  for (int tries = 0; tries < 2'000 && !condition(); ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  return condition();
}

} // namespace troupe::tests
