#include "transport/key_fetcher.hpp"

#include <algorithm>
#include <utility>

namespace troupe::transport {

key_fetcher::key_fetcher(key_fetcher_settings settings)
  : settings_(std::move(settings)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void key_fetcher::run(const std::stop_token& stop) {
  while (!settings_.urls.empty() && !stop.stop_requested()) {
    const bool all = fetch_all(stop);
    const auto pause = all ? settings_.refresh : std::min(settings_.refresh, settings_.retry);
    const auto added = std::chrono::milliseconds{static_cast<std::int64_t>(pause.count() * settings_.jitter() / 10)};
    std::unique_lock turn{mutex_};
    woken_.wait_for(turn, stop, pause + added, [this] { return asked_; });
    asked_ = false;
  }
}

void key_fetcher::ask_early() {
  {
    const std::lock_guard turn{mutex_};
    const auto now = std::chrono::steady_clock::now();
    if (asked_last_ && now - *asked_last_ < settings_.early_pause)
      return;
    asked_last_ = now;
    asked_ = true;
  }
  woken_.notify_one();
}

bool key_fetcher::fetch_all(const std::stop_token& stop) {
  bool all = true;
  for (const auto& url : settings_.urls) {
    const auto where = config::parse_web_address(url);
    auto found = where ? fetch(*where, settings_.how, stop) : not_fetched{"is no address"};
    if (stop.stop_requested())
      break;
    std::string why;
    if (auto* body = std::get_if<std::string>(&found))
      why = settings_.take(url, std::move(*body));
    else
      why = std::get<not_fetched>(found).why;
    if (!why.empty()) {
      all = false;
      settings_.failed(url, why);
    }
  }
  return all;
}

} // namespace troupe::transport
