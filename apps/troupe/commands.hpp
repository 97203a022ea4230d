// apps/troupe/commands.hpp
//
// One function a subcommand: it adds the subcommand with its options to the program and
// sets the callback that runs it. A command that failed throws `CLI::RuntimeError` with
// the exit code of the process; it has already told why on stderr.
#pragma once

#include <CLI/App.hpp>

namespace troupe {

void add_backup(CLI::App& program);
void add_bench(CLI::App& program);
void add_bench_tokens(CLI::App& bench); ///< Below `bench`.
void add_chat(CLI::App& program);
void add_check(CLI::App& program);
void add_cluster(CLI::App& program);
void add_config(CLI::App& program);
void add_log(CLI::App& program);
void add_prove(CLI::App& program);
void add_restore(CLI::App& program);
void add_serve(CLI::App& program);
void add_shard(CLI::App& program);
void add_token(CLI::App& program);
void add_token_revoke(CLI::App& token); ///< Below `token`.
void add_top(CLI::App& program);
void add_where(CLI::App& program);
void add_why(CLI::App& program);

} // namespace troupe
