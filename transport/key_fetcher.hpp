// transport/key_fetcher.hpp
#pragma once

#include "transport/fetch.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace troupe::transport {

struct key_fetcher_settings {
  std::vector<std::string> urls; ///< As `config::parse_web_address` takes them.
  std::chrono::milliseconds refresh{300'000};
  std::chrono::milliseconds retry{10'000};       ///< Instead, after one could not be fetched.
  std::chrono::milliseconds early_pause{10'000}; ///< From one early fetch to the next at least.
  fetch_settings how;
  /// A number in [0, 1): up to a tenth of the time is added, so that nodes do not ask all at once.
  std::function<double()> jitter;
  /// Gets each document. An error (not empty) counts as not fetched.
  std::function<std::string(const std::string& url, std::string body)> take;
  /// Is told when there is none; what was taken before stays.
  std::function<void(const std::string& url, const std::string& why)> failed;
};

/// Fetches documents again and again, all at once at the start.
///
/// Threading: one thread of its own, on which all fetches are made, one at a time, and both functions are called. The
///            destructor waits for it; a fetch that is under way is given up. `ask_early` from any thread.
/// Limits:    who asks early again within `early_pause` is not heard, so that nobody makes us flood a server by asking.
class key_fetcher {
public:
  explicit key_fetcher(key_fetcher_settings settings);

  /// Somebody misses a key: everything is fetched ahead of its time. What is being fetched now is fetched once more.
  void ask_early();

private:
  void run(const std::stop_token& stop);
  bool fetch_all(const std::stop_token& stop);

  const key_fetcher_settings settings_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  bool asked_ = false;
  std::optional<std::chrono::steady_clock::time_point> asked_last_;
  std::jthread thread_; ///< Last: it uses the others.
};

} // namespace troupe::transport
