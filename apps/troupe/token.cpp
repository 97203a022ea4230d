// troupe token: makes, judges and revokes the tokens that say who somebody is, and makes keys for them.
#include "apps/troupe/commands.hpp"
#include "apps/troupe/configuration.hpp"
#include "apps/troupe/keys.hpp"
#include "apps/troupe/token_words.hpp"
#include "config/route_pattern.hpp"
#include "identity/key_file.hpp"
#include "identity/mint.hpp"
#include "identity/new_keys.hpp"
#include "identity/revocations.hpp"
#include "identity/verifier.hpp"
#include "protocol/names.hpp"
#include "storage/sqlite_files.hpp"
#include "storage/sqlite_revocations.hpp"
#include "transport/fetch.hpp"

#include <CLI/CLI.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace troupe {

namespace {

using namespace identity;

template <class Read>
jose_key good(Read read, const std::string& file) {
  if (const auto* why = std::get_if<std::string>(&read))
    fail_token(file + ' ' + *why);
  return std::get<jose_key>(std::move(read));
}

std::string text_of_file(read_file read, const std::string& file) {
  if (const auto* why = std::get_if<unreadable>(&read))
    fail_token(file + ' ' + why->why);
  return std::get<std::string>(std::move(read));
}

// -- make -------------------------------------------------------------------------------

struct make_flags {
  configuration_flags configuration;
  std::string secret_file;
  std::string private_key;
  std::string kid;
  std::string user;
  std::string issuer;
  std::string audience;
  std::string id;
  std::int64_t life_s = 3'600;
  std::vector<std::string> roles;
};

/// The secret of the configuration: the one that was named, or the only one.
const config::auth_key& configured_secret(const config::auth_options& auth, const std::string& kid) {
  const config::auth_key* found = nullptr;
  for (const auto& key : auth.keys) {
    if (key.secret_file.empty() || (!kid.empty() && key.kid != kid))
      continue;
    if (found)
      fail_token("the configuration has several secrets: choose one with --kid");
    found = &key;
  }
  if (!found)
    fail_token(
      "nothing to sign with: give --secret-file, --private-key, or a --config whose [[auth.keys]] have a secret_file" +
      (kid.empty() ? std::string{} : " with the kid " + kid));
  return *found;
}

jose_key signing_key(const make_flags& flags, const config::auth_options& auth) {
  if (!flags.private_key.empty())
    return good(jose_key::from_private_pem(
                  text_of_file(read_private_file(flags.private_key, key_file_bytes_max), flags.private_key)),
                flags.private_key);
  const auto& file = flags.secret_file.empty() ? configured_secret(auth, flags.kid).secret_file : flags.secret_file;
  return good(jose_key::from_secret(text_of_file(read_secret_file(file), file)), file);
}

std::vector<std::pair<std::string, protocol::role>> roles_of(const std::vector<std::string>& written) {
  std::vector<std::pair<std::string, protocol::role>> roles;
  for (const auto& one : written) {
    const auto equals = std::min(one.rfind('='), one.size());
    const auto pattern = one.substr(0, equals);
    const auto role = role_named(std::string_view{one}.substr(std::min(equals + 1, one.size())));
    const auto parsed = config::route_pattern::parse(pattern, config::route_form::room);
    if (const auto* why = std::get_if<std::string>(&parsed))
      fail_token("--role " + one + ": the pattern " + *why);
    if (!role)
      fail_token("--role " + one + ": after '=' comes owner, moderator, member, reader or banned");
    roles.emplace_back(pattern, *role);
  }
  if (roles.size() > role_grants_max)
    fail_token("a token holds at most " + std::to_string(role_grants_max) + " roles");
  return roles;
}

std::string fresh_id(time_ms now) {
  unsigned char randomness[10];
  std::random_device source;
  for (auto& byte : randomness)
    byte = static_cast<unsigned char>(source());
  return protocol::make_ulid(now, randomness);
}

void make(const make_flags& flags) {
  const auto holds = effective_configuration(flags.configuration);
  const auto& auth = holds.values.auth;
  const auto now = wall_clock();
  if (!protocol::is_user(flags.user))
    fail_token("--user has to be 1-64 of A-Z a-z 0-9 _ . @ -");
  if (flags.life_s > auth.token_life_s)
    fail_token(fmt::format("--ttl is above auth.token_life_s ({}): nodes would refuse the token", auth.token_life_s));
  const auto key = signing_key(flags, auth);
  token_wish wish;
  wish.kid = flags.kid;
  if (wish.kid.empty()) {
    const auto keys = keys_of(holds)->ring();
    wish.kid = keys->name_of(key.fingerprint()).value_or("");
  }
  wish.user = flags.user;
  wish.issuer = flags.issuer.empty() ? auth.issuer : flags.issuer;
  wish.audience = flags.audience.empty() ? auth.audience : flags.audience;
  if (wish.issuer.empty() || wish.audience.empty())
    fail_token("give --issuer and --audience, or a --config that has them");
  wish.issued = now;
  wish.expires = now + flags.life_s * 1'000;
  wish.id = flags.id.empty() ? fresh_id(now) : flags.id;
  wish.roles = roles_of(flags.roles);
  const auto token = make_token(wish, key);
  if (token.size() > protocol::limits::token_bytes_max)
    fail_token("this would be longer than a token may be (8 KiB): give fewer roles");
  fmt::print("{}\n", token);
}

void add_make(CLI::App& token) {
  auto flags = std::make_shared<make_flags>();
  auto* command = token.add_subcommand("make", "Makes a token and prints it, and nothing else");
  add_configuration_flags(*command, flags->configuration, option_flags::none);
  auto* secret = command->add_option("--secret-file", flags->secret_file, "Sign by HS256 with the secret in this file");
  secret->type_name("FILE");
  command->add_option("--private-key", flags->private_key, "Sign by RS256 or ES256 with this private key, in PEM")
    ->type_name("FILE")
    ->excludes(secret);
  command->add_option("--user", flags->user, "Who is to be let in")->required();
  command
    ->add_option("--ttl", flags->life_s,
                 "How long it is good: a number of seconds, or with m, h or d; one hour when not given")
    ->transform(
      CLI::AsNumberWithUnit(std::map<std::string, std::int64_t>{{"s", 1}, {"m", 60}, {"h", 3'600}, {"d", 86'400}}))
    ->check(CLI::Range(std::int64_t{1}, std::int64_t{365 * 86'400}));
  command->add_option("--kid", flags->kid, "Name of the key; found in the configuration when not given");
  command->add_option("--issuer", flags->issuer, "Who makes it (iss); that of the configuration when not given");
  command->add_option("--audience", flags->audience, "For whom (aud); that of the configuration when not given");
  command->add_option("--jti", flags->id, "Its id, by which it can be revoked; a fresh one when not given");
  command->add_option("--role", flags->roles, "A role in all rooms that match a pattern; may be given again")
    ->type_name("PATTERN=ROLE");
  command->footer("Examples:\n"
                  "  troupe token make --config troupe.toml --user ann\n"
                  "  troupe token make --config troupe.toml --user bob --ttl 12h --role 'support/*rest=moderator'\n"
                  "  troupe token make --private-key login.key.pem --kid login --issuer https://login.example.org\n"
                  "                    --audience troupe --user ann");
  command->callback([flags] { make(*flags); });
}

// -- check ------------------------------------------------------------------------------

struct check_flags {
  configuration_flags configuration;
  std::string token;
  bool json = false;
};

void fetch_documents(current_keys& keys) {
  for (const auto& url : keys.urls()) {
    auto found = transport::fetch(*config::parse_web_address(url), {});
    if (const auto* why = std::get_if<transport::not_fetched>(&found))
      fail_token(url + ' ' + why->why);
    const auto read = keys.take_document(url, std::get<std::string>(std::move(found)));
    if (!read.errors.empty())
      fail_token(read.errors.front().message);
  }
}

/// Revocations of the data directory, when there is one.
bool is_revoked(const claims& who, const config::options& values, time_ms now) {
  if (!std::filesystem::exists(storage::log_files{values.store.directory}.database))
    return false;
  const auto opened = storage::sqlite_revocations::open({.directory = values.store.directory});
  const auto found = opened.store ? opened.store->since(0, now) : std::nullopt;
  if (!found)
    fail_token("the revocations cannot be read: " + opened.failure);
  revocations all{found->entries.size()};
  all.add(found->entries, now);
  return all.revoked(who);
}

std::string as_json(const std::variant<verified, refusal>& result) {
  if (const auto* why = std::get_if<refusal>(&result))
    return boost::json::serialize(boost::json::object{
      {"accepted", false}, {"reason", boost::describe::enum_to_string(*why, "refused")}, {"text", text_of(*why)}});
  const auto& who = *std::get<verified>(result).who;
  boost::json::array roles;
  for (const auto& grant : who.roles)
    roles.push_back(
      boost::json::object{{"room", grant.pattern}, {"role", boost::describe::enum_to_string(grant.role, "none")}});
  return boost::json::serialize(boost::json::object{{"accepted", true},
                                                    {"user", who.user},
                                                    {"issuer", who.issuer},
                                                    {"audience", who.audience},
                                                    {"issued", shown_time(who.issued)},
                                                    {"expires", shown_time(who.expires)},
                                                    {"jti", who.id},
                                                    {"roles", std::move(roles)}});
}

std::string as_text(const std::variant<verified, refusal>& result) {
  if (const auto* why = std::get_if<refusal>(&result))
    return fmt::format("refused: {}", text_of(*why));
  const auto& who = *std::get<verified>(result).who;
  auto text = fmt::format("good: user {}, from {}, for {}, issued {}, until {}", who.user, who.issuer, who.audience,
                          shown_time(who.issued), shown_time(who.expires));
  if (!who.id.empty())
    text += ", jti " + who.id;
  for (const auto& grant : who.roles)
    text += fmt::format("\n  {} in {}", boost::describe::enum_to_string(grant.role, "none"), grant.pattern);
  return text;
}

void check(const check_flags& flags) {
  const auto holds = effective_configuration(flags.configuration);
  if (holds.values.auth.keys.empty())
    fail_token("there are no keys to judge by: name a configuration with [[auth.keys]] by --config");
  const auto keys = keys_of(holds);
  fetch_documents(*keys);
  auto token = flags.token;
  if (token.empty() || token == "-")
    std::getline(std::cin, token);
  const auto now = wall_clock();
  auto result = verifier{rules_of(holds.values.auth), keys}.verify(token, now);
  if (const auto* good = std::get_if<verified>(&result); good && is_revoked(*good->who, holds.values, now))
    result = refusal::revoked;
  fmt::print("{}\n", flags.json ? as_json(result) : as_text(result));
  if (std::holds_alternative<refusal>(result))
    throw CLI::RuntimeError(1);
}

void add_check_token(CLI::App& token) {
  auto flags = std::make_shared<check_flags>();
  auto* command =
    token.add_subcommand("check", "Says whether a node would accept a token now, and why not; exit code 1 when not");
  add_configuration_flags(*command, flags->configuration, option_flags::data);
  command->add_option("token", flags->token,
                      "The token; - or nothing: from standard input, where other users of the "
                      "machine cannot read it");
  command->add_flag("--json", flags->json, "The verdict as one JSON object");
  command->footer(
    "Keys are read from the configuration, documents of a jwks_url are fetched, and revocations are looked\n"
    "up in the data directory.\n"
    "Examples:\n"
    "  troupe token check --config troupe.toml < token\n"
    "  troupe token make --config troupe.toml --user ann | troupe token check --config troupe.toml --json");
  command->callback([flags] { check(*flags); });
}

// -- key --------------------------------------------------------------------------------

struct key_flags {
  std::string file;
  std::string secret_file;
  bool rsa = false;
};

void write_or_fail(const std::string& path, const std::string& text, unsigned mode) {
  if (const auto why = write_new_file(path, text, mode); !why.empty())
    fail_token(path + ' ' + why);
}

void make_key(const key_flags& flags) {
  if (!flags.secret_file.empty()) {
    write_or_fail(flags.secret_file, make_secret() + '\n', 0600);
    fmt::print("[[auth.keys]]\nkid = \"{}\"\nalgorithm = \"HS256\"\nsecret_file = \"{}\"\n",
               std::filesystem::path{flags.secret_file}.stem().string(), flags.secret_file);
    return;
  }
  const auto of = flags.rsa ? algorithm::rs256 : algorithm::es256;
  const auto pair = make_key_pair(of);
  const auto public_file = std::filesystem::path{flags.file}.replace_extension(".pub.pem").string();
  write_or_fail(flags.file, pair.private_pem, 0600);
  write_or_fail(public_file, pair.public_pem, 0644);
  fmt::print("[[auth.keys]]\nkid = \"{}\"\nalgorithm = \"{}\"\npublic_key_file = \"{}\"\n",
             std::filesystem::path{flags.file}.stem().string(), name_of(of), public_file);
}

void add_key(CLI::App& token) {
  auto flags = std::make_shared<key_flags>();
  auto* command =
    token.add_subcommand("key", "Makes a key in new files, and prints what the configuration needs of it");
  auto* file = command->add_option("file", flags->file, "The private key, in PEM; the public one goes beside it");
  auto* secret = command->add_option("--secret", flags->secret_file, "Instead: a secret for HS256");
  secret->type_name("FILE")->excludes(file);
  command->add_flag("--rsa", flags->rsa, "RS256 with 3072 bits, instead of ES256")->excludes(secret);
  command->footer("What is secret is readable by its owner only. Nodes need only the public key; with a secret they\n"
                  "could make tokens too.\n"
                  "Examples:\n"
                  "  troupe token key login.pem           login.pem and login.pub.pem, for ES256\n"
                  "  troupe token key --secret demo.key >> troupe.toml");
  command->callback([flags, file, secret] {
    if (file->count() + secret->count() == 0)
      throw CLI::RequiredError("FILE or --secret");
    make_key(*flags);
  });
}

} // namespace

void add_token(CLI::App& program) {
  auto* token = program.add_subcommand("token", "Tokens that say who somebody is");
  token->require_subcommand(1);
  add_make(*token);
  add_check_token(*token);
  add_key(*token);
  add_token_revoke(*token);
}

} // namespace troupe
