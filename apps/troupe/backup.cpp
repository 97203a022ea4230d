// troupe backup, troupe restore: a log as one file, and back.
#include "storage/backup.hpp"
#include "apps/troupe/commands.hpp"
#include "apps/troupe/configuration.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

namespace troupe {

namespace {

struct copy_settings {
  configuration_flags flags;
  std::string file;
};

void report(std::string_view what, const std::string& from, const std::string& to, const storage::backup_result& done) {
  if (!done.failure.empty()) {
    fmt::print(stderr, "troupe {}: {}\n", what, done.failure);
    throw CLI::RuntimeError(1);
  }
  fmt::print("{} -> {}: {} rooms, {} messages, {} bytes\n", from, to, done.rooms, done.messages, done.bytes);
}

} // namespace

void add_backup(CLI::App& program) {
  const auto settings = std::make_shared<copy_settings>();
  auto* command = program.add_subcommand("backup", "Copies the log into a new file; the node may run meanwhile");
  command->add_option("file", settings->file, "The new file")->required();
  add_configuration_flags(*command, settings->flags, option_flags::data);
  command->footer(
    "The backup has the messages, members, roles, read marks and revocations of all rooms on disk as they are at\n"
    "one moment, in one file. It does not have: rooms in memory, resume.key (without it clients begin new\n"
    "sessions), the configuration, the key files that this names, access logs and tapes. Save those yourself.\n"
    "Examples:\n"
    "  troupe backup /backup/troupe-$(date +%F).db --data /var/lib/troupe\n"
    "  troupe backup /backup/troupe.db --config /etc/troupe/troupe.toml");
  command->callback([settings] {
    const auto directory = effective_configuration(settings->flags).values.store.directory;
    report("backup", directory, settings->file, storage::backup(directory, settings->file));
  });
}

void add_restore(CLI::App& program) {
  const auto settings = std::make_shared<copy_settings>();
  auto* command = program.add_subcommand("restore", "Makes a log from a backup, with a new epoch for every room");
  command->add_option("file", settings->file, "What `troupe backup` wrote")->required()->check(CLI::ExistingFile);
  add_configuration_flags(*command, settings->flags, option_flags::data);
  command->footer(
    "It needs a data directory without a log, on which no node runs, and the version of troupe that wrote the\n"
    "backup. Every room gets a new epoch: clients are told that what came after the backup is lost.\n"
    "Examples:\n"
    "  troupe restore /backup/troupe-2026-01-31.db --data /var/lib/troupe-restored\n"
    "  troupe log verify --data /var/lib/troupe-restored      before a node is started on it");
  command->callback([settings] {
    const auto directory = effective_configuration(settings->flags).values.store.directory;
    report("restore", settings->file, directory, storage::restore(settings->file, directory));
  });
}

} // namespace troupe
