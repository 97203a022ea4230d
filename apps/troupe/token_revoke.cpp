// troupe token revoke: takes tokens back, on all nodes of a data directory.
#include "apps/troupe/commands.hpp"
#include "apps/troupe/configuration.hpp"
#include "apps/troupe/token_words.hpp"
#include "identity/claims.hpp"
#include "identity/revocation.hpp"
#include "identity/verifier.hpp"
#include "protocol/names.hpp"
#include "storage/sqlite_files.hpp"
#include "storage/sqlite_revocations.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <charconv>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace troupe {

namespace {

using namespace identity;

struct revoke_flags {
  configuration_flags configuration;
  std::string id;
  std::string user;
  std::string before;
};

/// Seconds since 1970, or as `shown_time` writes it.
std::optional<time_ms> time_of(const std::string& text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc{} && end == text.data() + text.size() && seconds >= 0 && seconds < (1LL << 40))
    return seconds * 1'000;
  std::tm parts{};
  const auto* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return rest && *rest == '\0' ? std::optional{time_ms{::timegm(&parts)} * 1'000} : std::nullopt;
}

void revoke(const revoke_flags& flags) {
  const auto holds = effective_configuration(flags.configuration);
  const auto& values = holds.values;
  const auto now = wall_clock();
  const auto rules = rules_of(values.auth);
  revocation what;
  what.name = flags.id;
  // The latest token of that id was issued now, by a clock that is ahead.
  what.keep_until = now + rules.leeway_ms + rules.life_ms + rules.leeway_ms;
  if (!flags.user.empty()) {
    what.what = revocation::kind::user;
    what.name = flags.user;
    // Times in tokens are whole seconds: those of this very second go too.
    what.before = (now / 1'000 + 1) * 1'000;
    if (!flags.before.empty()) {
      const auto before = time_of(flags.before);
      if (!before || *before > what.before)
        fail_token("--before has to be a time that has been: seconds since 1970, or as in 2026-01-31T12:00:00Z");
      what.before = *before;
    }
    what.keep_until = what.before + rules.life_ms + rules.leeway_ms;
  }
  const auto& directory = values.store.directory;
  if (!std::filesystem::exists(storage::log_files{directory}.database))
    fail_token(directory + " is no data directory of a node: name it with --data");
  const auto opened =
    storage::sqlite_revocations::open({.directory = directory, .entries_max = values.auth.revocations_max});
  if (!opened.store)
    fail_token(opened.failure);
  switch (opened.store->put(what, now)) {
  case storage::revocation_store::outcome::stored: break;
  case storage::revocation_store::outcome::full:
    fail_token(
      fmt::format("there are {} revocations already (auth.revocations_max): rotate the key instead, or allow more",
                  values.auth.revocations_max));
  case storage::revocation_store::outcome::failed: fail_token("it could not be stored, or perhaps it was: try again");
  }
  fmt::print(
    "revoked: {}; kept until {}\nIt holds on every node of {} at {}, and connections that it concerns are closed "
    "by then.\n",
    flags.user.empty() ? "the token with the jti " + flags.id
                       : fmt::format("tokens of {} issued before {}", flags.user, shown_time(what.before)),
    shown_time(what.keep_until), directory, shown_time(wall_clock() + revocation_holds_ms));
}

} // namespace

void add_token_revoke(CLI::App& token) {
  auto flags = std::make_shared<revoke_flags>();
  auto* command = token.add_subcommand("revoke", "Takes tokens back, on all nodes of a data directory");
  add_configuration_flags(*command, flags->configuration, option_flags::data);
  auto* id =
    command->add_option("--jti", flags->id, "One token, by its id")
      ->check(CLI::Validator(
        [](const std::string& text) {
          return text.empty() || text.size() > token_id_bytes_max ? std::string{"is 1-128 bytes"} : std::string{};
        },
        "JTI"));
  auto* user = command->add_option("--user", flags->user, "All tokens of a user")
                 ->excludes(id)
                 ->check(CLI::Validator(
                   [](const std::string& text) {
                     return protocol::is_user(text) ? std::string{} : std::string{"is 1-64 of A-Z a-z 0-9 _ . @ -"};
                   },
                   "USER"));
  command->add_option("--before", flags->before, "Only those issued before this time; now when not given")->needs(user);
  command->footer("The nodes may run. A revocation is kept until the last token that it takes back has expired, by\n"
                  "auth.token_life_s of this configuration.\n"
                  "Examples:\n"
                  "  troupe token revoke --data data --user ann\n"
                  "  troupe token revoke --data data --user ann --before 2026-01-31T12:00:00Z\n"
                  "  troupe token revoke --config troupe.toml --jti 01HXYZ5T4VPRJ8Q0Q3J9W2M7KD");
  command->callback([flags, id, user] {
    if (id->count() + user->count() == 0)
      throw CLI::RequiredError("--jti or --user");
    revoke(*flags);
  });
}

} // namespace troupe
