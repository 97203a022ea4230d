#include "apps/troupe/identities.hpp"

#include "storage/sqlite_revocations.hpp"

#include <stdexcept>
#include <utility>

namespace troupe {

identities::identities(const config::options& options, const identity::digest_salt& salt) {
  if (options.auth.mode != "token")
    return;
  keys_ = std::make_shared<identity::current_keys>(options.auth.keys);
  for (const auto& wrong : reload())
    throw std::runtime_error(wrong);
  judge_ = std::make_unique<identity::authenticator>(options.auth, keys_, salt);
  storage::sqlite_revocations::settings with;
  with.directory = options.store.directory;
  with.entries_max = options.auth.revocations_max;
  auto opened = storage::sqlite_revocations::open(std::move(with));
  if (!opened.store)
    throw std::runtime_error(opened.failure);
  store_ = std::move(opened.store);
  verifying_ = std::make_unique<actors::side_thread>(waiting_max);
}

std::function<bool(std::function<void()>)> identities::elsewhere() {
  return [this](std::function<void()> job) { return verifying_ && verifying_->run(std::move(job)); };
}

bool identities::poll(protocol::time_ms now) {
  if (!judge_)
    return true;
  const auto news = store_->since(version_, now);
  if (!news)
    return false;
  version_ = news->version;
  const bool taken = judge_->revoked().add(news->entries, now);
  polls_.fetch_add(1, std::memory_order_relaxed);
  return taken;
}

std::vector<std::string> identities::reload() {
  std::vector<std::string> wrong;
  if (keys_)
    for (auto& remark : keys_->reload().errors)
      wrong.push_back(std::move(remark.message));
  return wrong;
}

} // namespace troupe
