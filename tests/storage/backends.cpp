#include "tests/storage/message_log_contract.hpp"

#include "storage/memory_log.hpp"
#include "tests/storage/sqlite_story.hpp"

#include <optional>

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
  message_log& log() override { return *first_; }
  term_t term_of(const std::string& room) override { return first_.term_of(room); }
  void take_over(const std::string&) override { second_.emplace(small_settings(where_.path())); }
  bool durable() const override { return true; }

private:
  directory where_;
  owned_log first_{small_settings(where_.path())};
  std::optional<owned_log> second_;
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
