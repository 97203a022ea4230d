// Caches, keys and revocations under several threads.
#include "identity/authenticator.hpp"
#include "tests/identity/forged.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <random>
#include <thread>

using namespace troupe;
using namespace troupe::identity;
using namespace troupe::identity::testing;

SCENARIO("four threads ask for tokens while keys rotate and tokens are revoked") {
  const auto seed = GENERATE(range(1u, 101u));
  CAPTURE(seed);
  const directory where;
  const config::auth_key entry{.kid = "hs", .algorithm = "HS256", .secret_file = where.file("s", keys().secret)};
  config::auth_options options;
  options.issuer = issuer;
  options.audience = audience;
  options.cache_entries_max = 40; // less than there are tokens
  auto all = std::make_shared<current_keys>(std::vector{entry});
  REQUIRE(all->reload().errors.empty());
  authenticator gate{options, all, digest_salt{}};

  constexpr std::size_t count = 64;
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < count; ++i) {
    auto wish = anns(algorithm::hs256);
    wish.user = "user-" + std::to_string(i);
    wish.id = std::to_string(i);
    tokens.push_back(make_token(wish, keys().signing(algorithm::hs256)));
    if (i % 4 == 3)
      tokens.back().front() = 'x';
  }
  std::atomic<int> wrong{0};
  std::atomic<bool> all_revoked{false};
  const auto ask = [&](unsigned thread) {
    std::minstd_rand dice{seed * 8 + thread};
    for (int i = 0; i < 150; ++i) {
      const auto which = dice() % count;
      const bool was_revoked = all_revoked.load();
      auto answer = gate.recall(tokens[which], now);
      if (!answer)
        answer = gate.verify(tokens[which], now);
      const auto* who = std::get_if<std::shared_ptr<const claims>>(&*answer);
      const bool bad = which % 4 == 3;
      if (who && (bad || (*who)->user != "user-" + std::to_string(which) || (which % 4 == 0 && was_revoked)))
        ++wrong;
      if (!who && !bad && std::get<refusal>(*answer) != refusal::revoked)
        ++wrong;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 4; ++i)
    threads.emplace_back(ask, i);
  std::minstd_rand dice{seed};
  for (std::size_t i = 0; i < count; i += 4) {
    const revocation one{revocation::kind::token, std::to_string(i), 0, now + 1'000};
    if (!gate.revoked().add({&one, 1}, now) || (dice() % 3 == 0 && !all->reload().errors.empty()))
      ++wrong;
  }
  all_revoked.store(true);
  for (auto& thread : threads)
    thread.join();
  CHECK(wrong == 0);
  CHECK(gate.cache().size() <= 40);
}
