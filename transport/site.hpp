// transport/site.hpp
//
// What a server serves: everything its I/O threads share.
#pragma once

#include "actors/api.hpp"
#include "actors/wire.hpp"
#include "config/options.hpp"
#include "transport/admission.hpp"
#include "transport/destinations.hpp"
#include "transport/metrics.hpp"
#include "transport/upgrade_policy.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace troupe::transport {

/// Whether the node wants traffic, for `/readyz`.
///
/// Threading: every function from anywhere.
class readiness {
public:
  /// Ready when `reason` is nothing.
  void set(std::optional<std::string> reason) {
    std::lock_guard guard{mutex_};
    reason_ = std::move(reason);
  }

  /// Why not, or nothing when ready.
  std::optional<std::string> reason() const {
    std::lock_guard guard{mutex_};
    return reason_;
  }

private:
  mutable std::mutex mutex_;
  std::optional<std::string> reason_ = "starting";
};

/// Shared by all I/O threads of a server; constant while it runs, but for what locks itself.
struct site {
  config::listen_options listen;
  std::size_t pool_bytes_max;
  actors::wire_acceptor& acceptor;
  actors::api& api;
  transport::destinations destinations;
  const readiness& ready;
  const metrics& measured;
  std::string sign_in;
  neighbours nodes;
  origin_policy origins;
  transport::admission admission;
  std::vector<address_key> trusted;
};

} // namespace troupe::transport
