// troupe check: was every promise kept in a recorder's file?
#include "apps/troupe/commands.hpp"

#include "checker/check.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <system_error>

namespace troupe {
namespace {

struct check_settings {
  std::string file;
  bool as_json = false;
  std::int64_t alive_within_ms = 0;
  std::size_t examples = 3;
};

int run_check(const check_settings& settings) {
  checker::check_options options{.examples_max = settings.examples};
  if (settings.alive_within_ms > 0)
    options.alive_within_us = settings.alive_within_ms * 1000;
  const auto result = checker::check(checker::read_history(std::filesystem::path{settings.file}), options);
  std::fputs(settings.as_json ? (to_json(result) + '\n').c_str() : to_text(result).c_str(), stdout);
  return result.passed() ? 0 : 1;
}

} // namespace

void add_check(CLI::App& program) {
  auto settings = std::make_shared<check_settings>();
  auto* command = program.add_subcommand("check", "Judge a recorded history: was every promise kept?");
  command->add_option("file", settings->file, "What a recorder wrote (JSON lines, see checker/README.md)")
    ->required()
    ->check(CLI::ExistingFile);
  command->add_flag("--json", settings->as_json, "The verdict as one JSON object");
  command->add_option("--alive-within-ms", settings->alive_within_ms,
                      "After each fault, a later send has to be acked within this time");
  command->add_option("--examples", settings->examples, "Examples shown per broken rule")->capture_default_str();
  command->callback([settings] {
    try {
      if (const auto failed = run_check(*settings))
        throw CLI::RuntimeError(failed);
    } catch (const std::system_error& unreadable) {
      std::fprintf(stderr, "troupe check: cannot read %s: name a file of a recorder that you may read\n",
                   unreadable.what());
      throw CLI::RuntimeError(1);
    }
  });
}

} // namespace troupe
