// troupe log: which rooms there are, and whether their logs are what their acks promised.
#include "apps/troupe/commands.hpp"
#include "apps/troupe/configuration.hpp"
#include "protocol/chain.hpp"
#include "storage/verify.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

namespace {

struct log_settings {
  configuration_flags flags;
  std::vector<std::string> rooms; ///< Empty: all.
};

[[noreturn]] void fail(const std::string& why) {
  fmt::print(stderr, "troupe log: {}\n", why);
  throw CLI::RuntimeError(1);
}

std::vector<storage::room_summary> rooms_of(const std::string& directory) {
  auto list = storage::list_rooms(directory);
  if (!list.failure.empty())
    fail(list.failure);
  return std::move(list.rooms);
}

/// Says what was found; false when something is wrong.
bool verify_room(const std::string& directory, const std::string& room) {
  const auto found = storage::verify(directory, room);
  if (!found.failure.empty())
    fail(found.failure);
  if (!found.found) {
    fmt::print("{}: there is no such room\n", room);
    return false;
  }
  if (found.fault) {
    fmt::print("{}: BROKEN{}: {} ({} messages before it are good)\n", room,
               found.fault->seq == 0 ? std::string{} : fmt::format(" at seq {}", found.fault->seq), found.fault->what,
               found.messages);
    return false;
  }
  fmt::print("{}: good, {} messages from seq {} to {}", room, found.messages, found.min, found.head);
  if (found.redacted > 0)
    fmt::print(", {} of them erased", found.redacted);
  fmt::print(", {} cids, epoch {}", found.cids, found.epoch);
  if (found.chain_epoch != found.epoch)
    fmt::print(" (restored; the chain began in {})", found.chain_epoch);
  fmt::print(", chain {}\n", protocol::to_hex(found.chain));
  return true;
}

} // namespace

void add_log(CLI::App& program) {
  auto* command = program.add_subcommand("log", "Looks at the stored messages; the node may run meanwhile");
  command->require_subcommand(1);
  const auto settings = std::make_shared<log_settings>();
  const auto directory = [settings] { return effective_configuration(settings->flags).values.store.directory; };

  auto* verify = command->add_subcommand(
    "verify", "Recomputes the chain of rooms and checks numbers, digests and cids; exit code 1 when one is broken");
  verify->add_option("room", settings->rooms, "Which rooms; all when none is named");
  add_configuration_flags(*verify, settings->flags, option_flags::data);
  verify->footer("Examples:\n"
                 "  troupe log verify --data /var/lib/troupe\n"
                 "  troupe log verify lounge support/42 --data /var/lib/troupe");
  verify->callback([settings, directory] {
    const auto where = directory();
    if (settings->rooms.empty()) {
      for (auto& room : rooms_of(where))
        settings->rooms.push_back(std::move(room.room));
    }
    bool good = true;
    for (const auto& room : settings->rooms)
      good &= verify_room(where, room);
    if (!good)
      throw CLI::RuntimeError(1);
  });

  auto* rooms = command->add_subcommand("rooms", "Lists the rooms with their first and last number");
  add_configuration_flags(*rooms, settings->flags, option_flags::data);
  rooms->footer("Example:\n"
                "  troupe log rooms --data /var/lib/troupe");
  rooms->callback([directory] {
    for (const auto& room : rooms_of(directory()))
      fmt::print("{}  {}-{}  {} members  epoch {}\n", room.room, room.min, room.head, room.members, room.epoch);
  });
}

} // namespace troupe
