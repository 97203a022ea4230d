// transport/fetch.hpp
#pragma once

#include "config/web_address.hpp"

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <variant>

namespace troupe::transport {

struct fetch_settings {
  std::size_t body_bytes_max = 256 * 1024;
  std::chrono::milliseconds within{10'000}; ///< From the look-up of the name to the end of the body.
  std::string authorities_file;             ///< PEM; empty = those of the system.
};

/// Why there is no document, to follow the URL.
struct not_fetched {
  std::string why;
};

/// GETs a document: the body of an answer 200, and nothing else. Over TLS the chain and the name of the host are verified;
/// without TLS only a loopback address is asked. Redirects are not followed, and nothing of the answer but its body is used.
///
/// Threading: blocks the calling thread, which must not be an I/O thread; `stop` ends it early.
/// Limits:    those of the settings. Looking a name up may take longer, as long as the system's resolver does.
std::variant<std::string, not_fetched> fetch(const config::web_address& from, const fetch_settings& how,
                                             const std::stop_token& stop = {});

} // namespace troupe::transport
