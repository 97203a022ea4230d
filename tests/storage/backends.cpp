#include "tests/storage/message_log_contract.hpp"

#include "storage/memory_log.hpp"
#include "storage/sqlite_log.hpp"
#include "tests/storage/directory.hpp"
#include "tests/storage/story.hpp"

#include <stdexcept>

namespace troupe::storage::testing {

namespace {

class memory_backend final : public backend {
public:
  message_log& log() override { return log_; }
  term_t term_of(const std::string&) override { return 1; }
  void take_over(const std::string& room) override { open(log_, {room, 2, "unused", 0, 512}); }
  bool durable() const override { return false; }

private:
  memory_log log_;
};

class sqlite_backend final : public backend {
public:
  sqlite_backend() : first_(start("node-a")) {}
  message_log& log() override { return *first_; }
  term_t term_of(const std::string& room) override { return first_->term_of(room); }
  void take_over(const std::string&) override { second_ = start("node-b"); }
  bool durable() const override { return true; }

private:
  std::unique_ptr<sqlite_log> start(const std::string& node) {
    sqlite_settings settings;
    settings.store.directory = where_.path();
    settings.store.reserve_bytes = 64 * 1024;
    settings.node = node;
    auto started = sqlite_log::start(std::move(settings));
    if (!started.log)
      throw std::runtime_error(started.failure);
    return std::move(started.log);
  }

  directory where_;
  std::unique_ptr<sqlite_log> first_;
  std::unique_ptr<sqlite_log> second_;
};

} // namespace

const std::vector<backend_kind>& backends() {
  static const std::vector<backend_kind> all{
    {"memory", [] { return std::make_unique<memory_backend>(); }},
    {"sqlite", [] { return std::make_unique<sqlite_backend>(); }},
  };
  return all;
}

} // namespace troupe::storage::testing
