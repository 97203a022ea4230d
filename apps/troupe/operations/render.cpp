#include "apps/troupe/operations/render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <optional>

namespace troupe::operations {

namespace {

std::string shown(const actors::time_summary& times) {
  if (times.count == 0)
    return "none in the last two minutes";
  return fmt::format("last {}, mean {}, longest {} ({} in the last two minutes)", shown_time(times.last_us),
                     shown_time(times.mean_us), shown_time(times.max_us), times.count);
}

std::string field(const char* name, const std::string& what) { return fmt::format("  {:<10} {}\n", name, what); }

std::string utc(protocol::time_ms time) {
  const auto seconds = static_cast<std::time_t>(time / 1'000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string sequencer_text(const actors::sequencer_health& s) {
  std::string where;
  for (const auto& relay : s.relays)
    where += fmt::format("{}{} {}", where.empty() ? ": " : ", ", relay.node, relay.members);
  auto text =
    field("log", fmt::format("head {}, epoch {}, term {}", s.head, s.epoch.empty() ? "not read" : s.epoch, s.term));
  text += field("members", fmt::format("{}{}", s.members, where));
  text += field("sends", fmt::format("{} wait, {} are being stored{}", s.waiting, s.committing,
                                     s.committing_us > 0 ? " since " + shown_time(s.committing_us) : ""));
  text += field("commit", shown(s.commit));
  text += field("mailbox", fmt::format("this question waited {}", shown_time(s.mailbox_wait_us)));
  return text;
}

std::string node_text(const actors::room_health& node) {
  std::uint32_t listeners = 0, gapped = 0;
  actors::time_summary fan_out;
  std::uint64_t sum_us = 0;
  for (const auto& thread : node.io_threads) {
    listeners += thread.listeners;
    gapped += thread.gapped;
    fan_out.count += thread.fan_out.count;
    fan_out.last_us = std::max(fan_out.last_us, thread.fan_out.last_us);
    fan_out.max_us = std::max(fan_out.max_us, thread.fan_out.max_us);
    sum_us += thread.fan_out.mean_us * thread.fan_out.count;
  }
  if (fan_out.count > 0)
    fan_out.mean_us = sum_us / fan_out.count;
  std::string text;
  if (node.relay)
    text += fmt::format("  {:<10} {} members, {} sends unanswered, passed on up to {}{}; {} of {} readers slow\n"
                        "  {:<10} fan-out {}\n",
                        node.node, node.relay->members, node.relay->waiting, node.relay->last,
                        node.relay->ready ? "" : ", waits for the room", gapped, listeners, "", shown(fan_out));
  for (const auto& fault : node.faults)
    text += fmt::format("  {:<10} {}: the {} crashed: {}\n", node.node, utc(fault.time), fault.actor, fault.text);
  for (const auto& failure : node.step_failures)
    text += fmt::format("  {:<10} {}: step {} failed at a {} of {}\n", node.node, utc(failure.time), failure.step,
                        failure.verb, failure.user.empty() ? "somebody" : failure.user);
  return text;
}

std::string number(const std::optional<double>& value, const char* unit = "") {
  return value ? fmt::format("{:.0f}{}", *value, unit) : "-";
}

std::string number(const std::optional<std::int64_t>& value) { return value ? std::to_string(*value) : "-"; }

} // namespace

std::string place_line(const actors::room_place& place, const palette& colours) {
  const auto what = place.room.empty() ? fmt::format("shard {}", place.shard) : place.room;
  const auto shard = place.room.empty() ? std::string{} : fmt::format("shard {}, ", place.shard);
  const auto pinned = place.pinned.empty() ? std::string{} : fmt::format(", pinned to {}", place.pinned);
  if (place.owner.empty())
    return fmt::format("{} has {}: {}term {}{}; another node takes it within seconds\n", colours.bold(what),
                       colours.warning("no owner now"), shard, place.term, pinned);
  return fmt::format("{} is on {} (http://{}): {}term {}{}{}\n", colours.bold(what), colours.bold(place.owner),
                     place.address, shard, place.term, pinned,
                     place.reachable ? "" : colours.warning(", not reachable from the node asked"));
}

std::string picture_text(const room_picture& picture, const palette& colours) {
  auto text = place_line(picture.place, colours);
  const auto* owner = owner_in(picture);
  if (owner && owner->sequencer)
    text += sequencer_text(*owner->sequencer);
  else if (owner)
    text += "  not in memory: nobody uses it now, and who does brings it back\n";
  for (const auto& node : picture.nodes)
    text += node_text(node);
  for (const auto& node : picture.silent)
    text += fmt::format("  {:<10} {}\n", node, colours.warning("no answer"));
  for (const auto& finding : picture.findings)
    text += fmt::format("{} {}\n", colours.warning("!"), finding);
  if (picture.findings.empty())
    text += colours.dim("Nothing is wrong with it that the nodes can see.") + "\n";
  return text;
}

std::string figures_text(const cluster_figures& cluster, const palette& colours) {
  constexpr auto form = "{:<16} {:<11} {:>6} {:>8} {:>8} {:>9} {:>10} {:>6} {:>6}";
  std::string text =
    colours.dim(fmt::format(form, "NODE", "STATE", "SHARDS", "CONNS", "ROOMS", "MSG/S", "DELIV/S", "LINKS", "CPU")) +
    "\n";
  for (const auto& n : cluster.nodes) {
    const auto line =
      fmt::format(form, n.node, n.state, n.shards, number(n.connections), number(n.rooms), number(n.messages_per_s),
                  number(n.deliveries_per_s), n.state == "no answer" ? "-" : fmt::format("{}/{}", n.links_up, n.links),
                  number(n.cpu_percent, "%"));
    text += (n.state == "serving" && n.links_up == n.links ? line : colours.warning(line)) + "\n";
  }
  if (cluster.unowned > 0)
    text += colours.warning(fmt::format("{} shards have no owner now", cluster.unowned)) + "\n";
  std::string pins;
  for (const auto& pin : cluster.pins)
    pins += fmt::format("{}{} to {}", pins.empty() ? "" : ", ", pin.shard, pin.node);
  if (!pins.empty())
    text += colours.dim("pinned shards: " + pins) + "\n";
  return text;
}

} // namespace troupe::operations
