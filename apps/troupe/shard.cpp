// apps/troupe/shard.cpp - troupe shard move: puts a shard on a node.
#include "apps/troupe/commands.hpp"
#include "apps/troupe/operations/answers.hpp"
#include "apps/troupe/operations/look_at.hpp"
#include "apps/troupe/operations/render.hpp"
#include "apps/troupe/operations_flags.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

namespace troupe {

namespace {

using namespace operations;
using clock = std::chrono::steady_clock;

struct move_flags : operations_flags {
  unsigned shard = 0;
  std::string room;
  std::string to;
  bool unpin = false;
  double wait_s = 30;
};

void say(const actors::room_place& place, const move_flags& flags) {
  if (flags.json)
    std::puts(boost::json::serialize(boost::json::value_from(place)).c_str());
  else
    std::fputs(place_line(place, output_colours()).c_str(), stdout);
}

/// The pin is a wish; the nodes carry it out. With a room it can be watched.
void move(const move_flags& flags) {
  const auto node = flags.node();
  auto shard = flags.shard;
  if (!flags.room.empty())
    shard = ask<actors::room_place>(node, room_target(flags.room, "owner")).shard;
  const auto target = fmt::format("/api/v1/shards/{}", shard);
  auto place = ask<actors::room_place>(node, target + "/move", "POST",
                                       boost::json::serialize(boost::json::object{{"to", flags.to}}));
  const auto until = clock::now() + std::chrono::duration<double>(flags.wait_s);
  while (!flags.unpin && (place.owner != flags.to || !place.reachable) && clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    place = ask<actors::room_place>(node, target);
  }
  place.room = flags.room;
  if (!flags.unpin && place.owner != flags.to && flags.wait_s > 0)
    throw trouble{fmt::format("shard {} is pinned to {} but still on {}: it moves when no node has come or gone for a "
                              "few seconds; look with troupe top",
                              shard, flags.to, place.owner.empty() ? "no node" : place.owner)};
  say(place, flags);
}

} // namespace

void add_shard(CLI::App& program) {
  auto* shard = program.add_subcommand("shard", "The 256 parts of all rooms");
  shard->require_subcommand(1);
  auto flags = std::make_shared<move_flags>();
  auto* command = shard->add_subcommand("move", "Pins a shard, with all its rooms, to a node");
  auto* number = command->add_option("shard", flags->shard, "Its number")->check(CLI::Range(0u, 255u));
  auto* room = command->add_option("--room", flags->room, "Instead of a number: the shard of this room")
                 ->type_name("ROOM")
                 ->check(check_room)
                 ->excludes(number);
  auto* to = command->add_option("--to", flags->to, "The node")->type_name("NODE");
  command->add_flag("--unpin", flags->unpin, "Let it go wherever it falls")->excludes(to);
  command->add_option("--wait", flags->wait_s, "Seconds to wait until it is there; 0 = not at all")
    ->check(CLI::NonNegativeNumber)
    ->capture_default_str();
  add_operations_flags(*command, *flags);
  command->footer("A pin stays until it is taken back, and counts while its node lives. People in the rooms notice a\n"
                  "pause; a room in memory starts empty on the other node.\n"
                  "Examples:\n"
                  "  troupe shard move 17 --to node-2\n"
                  "  troupe shard move --room lounge --to node-2\n"
                  "  troupe shard move --room lounge --unpin");
  command->callback([flags, number, room] {
    if (number->count() + room->count() == 0)
      throw CLI::RequiredError("SHARD or --room");
    if (flags->to.empty() && !flags->unpin)
      throw CLI::RequiredError("--to or --unpin");
    or_say_why("shard move", [&] { move(*flags); });
  });
}

} // namespace troupe
