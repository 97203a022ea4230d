// apps/troupe/where.cpp - troupe where, troupe why: which node has a room, and how the room does.
#include "apps/troupe/commands.hpp"
#include "apps/troupe/operations/answers.hpp"
#include "apps/troupe/operations/look_at.hpp"
#include "apps/troupe/operations/render.hpp"
#include "apps/troupe/operations_flags.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <cstdio>
#include <memory>

namespace troupe {

namespace {

using namespace operations;

struct room_flags : operations_flags {
  std::string room;
};

template <class Report>
void print_json(const Report& report) {
  std::puts(boost::json::serialize(boost::json::value_from(report)).c_str());
}

/// False while the room has no owner.
bool say_where(const room_flags& flags) {
  const auto place = ask<actors::room_place>(flags.node(), room_target(flags.room, "owner"));
  if (flags.json)
    print_json(place);
  else
    std::fputs(place_line(place, output_colours()).c_str(), stdout);
  return !place.owner.empty();
}

void say_why(const room_flags& flags) {
  const auto picture = look_at(flags.node(), flags.room);
  if (flags.json)
    print_json(picture);
  else
    std::fputs(picture_text(picture, output_colours()).c_str(), stdout);
}

} // namespace

void add_where(CLI::App& program) {
  auto flags = std::make_shared<room_flags>();
  auto* command = program.add_subcommand("where", "Which node owns a room");
  command->add_option("room", flags->room, "The room")->required()->check(check_room);
  add_operations_flags(*command, *flags);
  command->footer("Exit code 1: nobody owns it just now, or no node answers.\n"
                  "Examples:\n"
                  "  troupe where lounge\n"
                  "  troupe where team/plans --url http://127.0.0.1:8081 --json");
  command->callback([flags] {
    bool owned = false;
    or_say_why("where", [&] { owned = say_where(*flags); });
    if (!owned)
      throw CLI::RuntimeError(1);
  });
}

void add_why(CLI::App& program) {
  auto flags = std::make_shared<room_flags>();
  auto* command = program.add_subcommand("why", "Why a room is slow, or silent: what every node knows of it");
  command->add_option("room", flags->room, "The room")->required()->check(check_room);
  add_operations_flags(*command, *flags);
  command->footer("Lines that begin with ! say what is wrong and what to do. docs/cluster.md says how the times are\n"
                  "measured. To look at a room does not bring it into memory.\n"
                  "Examples:\n"
                  "  troupe why lounge\n"
                  "  troupe why lounge --url http://127.0.0.1:8081 --json");
  command->callback([flags] { or_say_why("why", [&] { say_why(*flags); }); });
}

} // namespace troupe
