// transport/linger.hpp
//
// The last seconds of a socket that has been told good-bye.
#pragma once

#include "transport/admission.hpp"
#include "transport/lane.hpp"

#include <cstdint>
#include <memory>

namespace troupe::transport {

/// Ends the sending side and throws away what still comes, until the peer ends too, for at most
/// `linger_ms` and `linger_bytes_max`. Closing a socket with unread bytes would reset it, and the
/// peer would lose the answer or the close frame that says why.
void linger(std::shared_ptr<lane> on, tcp_socket socket, admission::place place);

inline constexpr std::int64_t linger_ms = 2'000;
inline constexpr std::int64_t linger_bytes_max = 1024 * 1024;

/// Closes at once and lets the kernel drop what was not sent.
void reset(tcp_socket& socket) noexcept;

} // namespace troupe::transport
