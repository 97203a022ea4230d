#include "apps/troupe/seat.hpp"

#include "apps/troupe/randomness.hpp"
#include "config/checks.hpp"
#include "protocol/chain.hpp"
#include "storage/sqlite_membership.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <stdexcept>
#include <sysexits.h>
#include <unistd.h>

namespace troupe {

namespace {

/// Calls of the store that wait; a few are under way at a time.
constexpr std::size_t store_calls_max = 1'024;

std::int64_t boot_now() {
  timespec t{};
  ::clock_gettime(CLOCK_BOOTTIME, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1'000 + t.tv_nsec / 1'000'000;
}

std::string random_name() {
  std::array<unsigned char, 16> bytes{};
  draw(bytes.data(), bytes.size());
  return protocol::to_hex(bytes);
}

} // namespace

void seat::configure(caf::actor_system_config& config, const config::cluster_options& how) {
  actors::node_port::configure(config, how.ttl_ms);
}

seat::seat(const config::options& options, caf::actor_system& system) : options_(options), port_(system) {
  auto opened = storage::sqlite_membership::open({options.store.directory, options.cluster.ttl_ms, {}});
  if (!opened.store)
    throw std::runtime_error(opened.failure);
  store_ = std::move(opened.store);
  const auto thread = [] {
    std::vector<std::unique_ptr<std::monostate>> nothing;
    nothing.push_back(std::make_unique<std::monostate>());
    return std::make_unique<caller>(std::move(nothing), store_calls_max);
  };
  calls_ = thread();
  beats_ = thread();
}

seat::~seat() { port_.close(); }

void seat::take(actors::node& node, actors::services& around, const std::string& address) {
  const auto where = config::parse_endpoint(options_.cluster.link);
  const auto port = port_.open(node.open_mesh(port_.caller(*around.units.front())), where->address, where->port);
  self_.node = options_.node;
  self_.address = address;
  self_.link = fmt::format("{}:{}", where->address, port);
  self_.boot = random_name();
  self_.weight = options_.cluster.weight;
  const auto sent = boot_now();
  const auto entered = store_->enter(self_);
  if (entered.incarnation == 0)
    throw std::runtime_error(entered.failure);
  self_.incarnation = entered.incarnation;

  actors::membership_surroundings with{
    *store_,
    [this](std::function<void()> call) { calls_->submit([call = std::move(call)](std::monostate&) { call(); }); },
    boot_now,
    serves_until_,
    [this] { empty_.store(true); },
    [](const std::string& why) {
      // What it would still say or write belongs to another node by now.
      std::fprintf(stderr, "troupe: this node ends at once: %s\n", why.c_str());
      ::_exit(EX_TEMPFAIL);
    },
    [this](std::function<void()> call) { beats_->submit([call = std::move(call)](std::monostate&) { call(); }); },
  };
  node.join(self_, sent, options_.cluster, std::move(with));
}

bool seat::may_serve() const noexcept { return boot_now() < serves_until_.load(std::memory_order_relaxed); }

void seat::leave() {
  port_.close();
  beats_.reset();
  calls_.reset();
  store_->leave();
}

} // namespace troupe
