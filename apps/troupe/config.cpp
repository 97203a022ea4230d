// troupe config: what holds, and what is wrong.
#include "apps/troupe/commands.hpp"
#include "apps/troupe/configuration.hpp"
#include "apps/troupe/configuration_findings.hpp"
#include "apps/troupe/explain.hpp"
#include "config/checks.hpp"
#include "config/render.hpp"

#include <iostream>
#include <memory>

namespace troupe {

void add_config(CLI::App& program) {
  auto* command = program.add_subcommand("config", "Shows or checks the configuration of a node");
  command->require_subcommand(1);
  const auto flags = std::make_shared<configuration_flags>();

  auto* show = command->add_subcommand("show", "Prints what holds as a file, and where each value comes from");
  add_configuration_flags(*show, *flags);
  show->callback([flags] { std::cout << config::render(effective_configuration(*flags)); });

  auto* check = command->add_subcommand("check", "Names everything that is wrong; exit code 1 when something is");
  add_configuration_flags(*check, *flags);
  check->footer("Examples:\n"
                "  troupe config check --config troupe.toml && systemctl reload troupe");
  check->callback([flags] {
    const auto [holds, warnings] = checked_configuration(*flags);
    for (const auto& problem : warnings)
      std::cout << "warning: " << to_string(problem) << '\n';
    for (const auto& warning : config::start_up_warnings(holds.values))
      std::cout << "warning: " << warning << '\n';
    std::cout << "The configuration is good.\n";
  });

  add_explain(*command);
}

} // namespace troupe
