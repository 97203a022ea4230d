// apps/troupe/run.cpp
#include "apps/troupe/run.hpp"

#include "apps/troupe/commands.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

namespace troupe {

int run(int argc, char** argv) {
  CLI::App program{"Troupe, a chat server made of actors"};
  program.require_subcommand(1);
  program.set_version_flag("--version", "troupe " TROUPE_VERSION);
  program.set_help_all_flag("--help-all", "Help of every subcommand");
  add_serve(program);
  add_cluster(program);
  add_top(program);
  add_where(program);
  add_why(program);
  add_shard(program);
  add_bench(program);
  add_chat(program);
  add_check(program);
  add_prove(program);
  add_config(program);
  add_token(program);
  add_log(program);
  add_backup(program);
  add_restore(program);
  try {
    program.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& wrong) {
    return program.exit(wrong);
  } catch (const std::exception& wrong) { // Of a command that did not foresee it.
    std::fprintf(stderr, "troupe: %s\n", wrong.what());
    return 1;
  }
}

} // namespace troupe
