#include "apps/troupe/configuration.hpp"

#include <array>
#include <iostream>
#include <string_view>
#include <variant>

namespace troupe {

namespace {

struct flag_of_option {
  const char* flag;
  const char* path;
  const char* placeholder;
  const char* help;
};

constexpr std::array flags = {
  flag_of_option{"--node", "node", "NAME", "What this node is called among others"},
  flag_of_option{"--listen", "listen.address", "ADDR:PORT", "Where clients connect (listen.address)"},
  flag_of_option{"--data", "store.directory", "DIR", "Where messages are kept (store.directory)"},
  flag_of_option{"--durability", "rooms.durability", "memory|disk", "Of rooms without a policy of their own"},
  flag_of_option{"--auth", "auth.mode", "open|token", "Who somebody is (auth.mode)"},
  flag_of_option{"--io-threads", "listen.io_threads", "N", "Threads that serve sockets and rooms, 0 = one a core"},
};

} // namespace

void add_configuration_flags(CLI::App& command, configuration_flags& into, option_flags which) {
  command.add_option("--config", into.file, "Configuration file; without it the defaults hold")
    ->type_name("FILE")
    ->envname("TROUPE_CONFIG")
    ->take_last();
  for (const auto& f : flags) {
    if (which == option_flags::none || (which == option_flags::data && f.path != std::string_view{"store.directory"}))
      continue;
    command
      .add_option_function<std::string>(
        f.flag,
        [&into, f](const std::string& value) {
          into.settings.push_back({f.flag, f.path, value});
        },
        f.help)
      ->type_name(f.placeholder)
      ->take_last();
  }
}

std::variant<config::effective, config::problems> read_configuration(const configuration_flags& given) {
  config::layers all;
  for (const auto& s : given.found)
    all.add_flag(s.flag, s.path, s.value);
  if (!given.file.empty())
    all.add_file(given.file);
  all.add_environment(config::process_environment());
  for (const auto& s : given.settings)
    all.add_flag(s.flag, s.path, s.value);
  return std::move(all).finish();
}

config::effective effective_configuration(const configuration_flags& given) {
  auto result = read_configuration(given);
  if (const auto* found = std::get_if<config::problems>(&result)) {
    for (const auto& problem : *found)
      std::cerr << to_string(problem) << '\n';
    throw CLI::RuntimeError(1);
  }
  return std::get<config::effective>(std::move(result));
}

} // namespace troupe
