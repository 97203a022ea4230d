// actors/api.hpp
//
// The HTTP API as transport sees it: one call in, one answer out. Paths and bodies
// are interpreted behind it; bytes, limits and connections before it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace troupe::actors {

struct api_request {
  std::string method;        ///< GET, POST …
  std::string path;          ///< Percent-decoded, without the query.
  std::string query;         ///< As it came, without `?`.
  std::string authorization; ///< The header, empty when absent.
  std::string body;
  std::string address; ///< Of the peer.
};

struct api_response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  unsigned retry_after_s = 0; ///< 0 = no header.
};

/// Answers requests below `/api/`.
///
/// Threading: called on an I/O thread; `then` is called exactly once, on the same thread,
/// also when the answer never comes (504 after a time-out of the API's own).
class api {
public:
  virtual ~api() = default;
  virtual void call(std::size_t io_thread, api_request request, std::function<void(api_response)> then) = 0;
};

} // namespace troupe::actors
