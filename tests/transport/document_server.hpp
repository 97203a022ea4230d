// tests/transport/document_server.hpp
//
// A web server for one document, well-behaved or not, and the certificates that it shows.
#pragma once

#include "config/web_address.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace troupe::transport::testing {

/// An authority and a certificate of it, in PEM.
struct certificate {
  std::string authority;
  std::string chain;
  std::string key;
};

/// `names` as in a subjectAltName: "IP:127.0.0.1", "DNS:a.example". Good from `days_from` to `days_until` from today.
certificate make_certificate(const std::string& names, long days_from = -1, long days_until = 1);

/// Answers every request with the same bytes, on a free port of 127.0.0.1, from a thread of its own.
class document_server {
public:
  /// Without a certificate plain HTTP.
  explicit document_server(std::string answer, const certificate* shown = nullptr);
  document_server(const document_server&) = delete;
  ~document_server();

  /// Other bytes from now on. Empty: it takes requests and stays silent.
  void answer(std::string bytes);
  /// Waits until so many requests were answered.
  void wait_for(std::uint32_t requests) const;

  std::string url() const;
  config::web_address address() const { return *config::parse_web_address(url()); }
  std::uint32_t requests() const { return requests_; }

private:
  struct state;
  void run();

  std::unique_ptr<state> state_;
  mutable std::mutex mutex_;
  std::string answer_;
  std::atomic<std::uint32_t> requests_{0};
  std::thread thread_;
};

/// A whole answer with this body.
std::string page(const std::string& body, const std::string& status = "200 OK", const std::string& more = "");

} // namespace troupe::transport::testing
