// apps/troupe/main.cpp
#include "apps/troupe/commands.hpp"

#include <CLI/CLI.hpp>

int main(int argc, char** argv) {
  CLI::App program{"Troupe, a chat server made of actors"};
  program.require_subcommand(1);
  program.set_help_all_flag("--help-all", "Help of every subcommand");
  troupe::add_serve(program);
  troupe::add_cluster(program);
  troupe::add_top(program);
  troupe::add_where(program);
  troupe::add_why(program);
  troupe::add_shard(program);
  troupe::add_bench(program);
  troupe::add_chat(program);
  troupe::add_check(program);
  troupe::add_prove(program);
  troupe::add_config(program);
  troupe::add_token(program);
  troupe::add_log(program);
  troupe::add_backup(program);
  troupe::add_restore(program);
  CLI11_PARSE(program, argc, argv);
  return 0;
}
