// apps/troupe/commands.hpp
//
// One function a subcommand: it adds the subcommand with its options to the program and
// sets the callback that runs it. A command that failed throws `CLI::RuntimeError` with
// the exit code of the process; it has already told why on stderr.
#pragma once

#include <CLI/App.hpp>

namespace troupe {

void add_bench(CLI::App& program);
void add_config(CLI::App& program);

} // namespace troupe
