// transport/key_fetcher.hpp
#pragma once

#include "transport/fetch.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace troupe::transport {

struct key_fetcher_settings {
  std::vector<std::string> urls; ///< As `config::parse_web_address` takes them.
  std::chrono::milliseconds refresh{300'000};
  std::chrono::milliseconds retry{10'000}; ///< Instead, after one could not be fetched.
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
/// Threading: one thread of its own, on which both functions are called. The destructor waits for it; a fetch that is under
///            way is given up.
class key_fetcher {
public:
  explicit key_fetcher(key_fetcher_settings settings);

private:
  void run(const std::stop_token& stop);
  bool fetch_all(const std::stop_token& stop);

  const key_fetcher_settings settings_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::jthread thread_; ///< Last: it uses the others.
};

} // namespace troupe::transport
