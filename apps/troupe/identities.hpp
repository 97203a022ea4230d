// apps/troupe/identities.hpp
#pragma once

#include "actors/middleware/side_thread.hpp"
#include "config/options.hpp"
#include "identity/authenticator.hpp"
#include "storage/revocation_store.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Who judges tokens on a node, and what that needs: keys, what was revoked, a thread to verify on.
///
/// Threading: `poll` and `reload` from one thread; the judge and `elsewhere` from any.
class identities {
public:
  static constexpr std::size_t waiting_max = 16'384;

  /// Throws std::runtime_error with what is wrong when keys cannot be read, or the log cannot be opened.
  identities(const config::options& options, const identity::digest_salt& salt);

  /// Null when `auth.mode` is open.
  identity::authenticator* judge() noexcept { return judge_.get(); }
  std::shared_ptr<identity::current_keys> keys() const noexcept { return keys_; }
  std::function<bool(std::function<void()>)> elsewhere();

  /// Takes over what was revoked anywhere. False when it cannot be read, or there is no room for it any more.
  bool poll(protocol::time_ms now);
  /// How often that was done.
  std::uint64_t polls() const noexcept { return polls_.load(std::memory_order_relaxed); }

  /// Reads the files with keys again. What is wrong with them, if anything: then the old keys stay.
  std::vector<std::string> reload();

private:
  std::shared_ptr<identity::current_keys> keys_;
  std::unique_ptr<identity::authenticator> judge_;
  std::unique_ptr<storage::revocation_store> store_;
  std::uint64_t version_ = 0;
  std::atomic<std::uint64_t> polls_{0};
  std::unique_ptr<actors::side_thread> verifying_;
};

} // namespace troupe
