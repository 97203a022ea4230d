#include "apps/troupe/chat/words.hpp"

#include "actors/moderation.hpp"
#include "client/printable.hpp"
#include "protocol/described.hpp"
#include "protocol/limits.hpp"
#include "protocol/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace troupe::chat {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

std::string_view next_word(std::string_view& rest) {
  rest = trimmed(rest);
  const auto word = rest.substr(0, rest.find(' '));
  rest = trimmed(rest.substr(word.size()));
  return word;
}

/// `12` or `#12` in front of the rest.
std::optional<protocol::seq_t> leading_seq(std::string_view& rest) {
  auto after = rest;
  auto word = next_word(after);
  if (word.starts_with('#'))
    word.remove_prefix(1);
  protocol::seq_t seq = 0;
  const auto read = std::from_chars(word.data(), word.data() + word.size(), seq);
  if (word.empty() || read.ec != std::errc{} || read.ptr != word.data() + word.size() || seq == 0)
    return std::nullopt;
  rest = after;
  return seq;
}

/// `30s`, `10m`, `2h`, `7d` in milliseconds, or 0, which needs no unit.
std::optional<std::uint64_t> duration_of(std::string_view word) {
  std::uint64_t count = 0;
  const auto read = std::from_chars(word.data(), word.data() + word.size(), count);
  const std::string_view unit{read.ptr, static_cast<std::size_t>(word.data() + word.size() - read.ptr)};
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> units = {
    {{"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
  if (read.ec != std::errc{} || count > 1'000'000)
    return std::nullopt;
  if (count == 0 && unit.empty())
    return 0;
  for (const auto& [name, ms] : units)
    if (unit == name)
      return count * ms;
  return std::nullopt;
}

input wrong(std::string usage) { return {.what = input::verb::wrong, .text = std::move(usage)}; }

std::tm local(protocol::time_ms time) {
  const auto seconds = static_cast<std::time_t>(time / 1000);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  return parts;
}

std::string reactions_of(const protocol::entry& what) {
  std::string all;
  if (what.reactions)
    for (const auto& one : *what.reactions)
      all += fmt::format("  {} {}", client::printable(one.emoji), one.users.size());
  return all;
}

} // namespace

const char* const help = "  /join ROOM          enter a room; what you type goes there\n"
                         "  /leave [ROOM]       leave it; /leave! forgets it\n"
                         "  /dm USER            talk to one person alone\n"
                         "  /rooms              the rooms you belong to\n"
                         "  /who                who is here\n"
                         "  /older              messages before the oldest shown\n"
                         "  /reply SEQ TEXT     answer message #SEQ\n"
                         "  /edit [SEQ] TEXT    change a message of yours, the last one by default\n"
                         "  /delete [SEQ]       take it back\n"
                         "  /react SEQ EMOJI    react to a message\n"
                         "  /kick USER [WHY]    send somebody out; moderators may, and so on\n"
                         "  /ban USER [TIME] [WHY]    keep them out, for 30s, 10m, 2h, 7d or for ever; /unban USER\n"
                         "  /mute USER [TIME] [WHY]   let them only read; /unmute USER\n"
                         "  /role USER ROLE     owner, moderator, member, reader or none\n"
                         "  /slow TIME          the least time between two messages of one person; /slow 0 ends it\n"
                         "  /quit               leave the chat (also Ctrl-D)\n"
                         "  //TEXT              say something that begins with a slash";

namespace {

/// What a moderator types; nothing when it is another command.
std::optional<input> parse_order(std::string_view command, std::string_view rest) {
  static constexpr std::array<std::string_view, 6> about_people = {"kick", "ban", "unban", "mute", "unmute", "role"};
  input meant{.what = input::verb::moderate};
  auto& order = meant.order;
  if (command == "slow") {
    const auto pause_ms = duration_of(rest);
    if (!pause_ms || *pause_ms > protocol::limits::slow_mode_ms_max)
      return wrong("/slow TIME: 10s, 5m, at most 6h, or 0");
    order.action = "slow_mode";
    order.interval_ms = static_cast<std::uint32_t>(*pause_ms);
    return meant;
  }
  if (std::find(about_people.begin(), about_people.end(), command) == about_people.end())
    return std::nullopt;
  order.action = std::string(command);
  const auto user = next_word(rest);
  if (!protocol::is_user(user))
    return wrong(fmt::format("/{} USER", command));
  order.user = std::string(user);
  if (command == "role") {
    order.role = std::string(next_word(rest));
    if (!protocol::enum_from<protocol::role>(*order.role) || *order.role == "banned" || !rest.empty())
      return wrong("/role USER ROLE: owner, moderator, member, reader or none");
    return meant;
  }
  if (command == "ban" || command == "mute") {
    auto after = rest;
    if (const auto for_ms = duration_of(next_word(after)); for_ms && *for_ms > 0) {
      order.for_ms = *for_ms;
      rest = after;
    }
  }
  if (!rest.empty())
    order.reason = std::string(rest);
  return meant;
}

/// What a message of kind `system` tells.
std::string shown_event(const std::string& body) {
  const auto order = actors::read_order(body);
  if (!order)
    return client::printable(body);
  using protocol::moderation;
  const auto whom = client::printable(order->user);
  std::string text;
  switch (order->action) {
  case moderation::kick: text = "sent " + whom + " out"; break;
  case moderation::ban: text = "banned " + whom; break;
  case moderation::unban: text = "let " + whom + " in again"; break;
  case moderation::mute: text = "muted " + whom; break;
  case moderation::unmute: text = "lets " + whom + " speak again"; break;
  case moderation::role:
    text = fmt::format("made {} {}", whom, order->role ? protocol::name_of(*order->role) : "none");
    break;
  case moderation::slow_mode:
    text = order->interval_ms.value_or(0) == 0
             ? "ended slow mode"
             : fmt::format("set slow mode: a message every {} s", (*order->interval_ms + 999) / 1'000);
    break;
  }
  if (order->for_ms)
    text += fmt::format(" for {} s", (*order->for_ms + 999) / 1'000);
  return order->reason.empty() ? text : text + " (" + client::printable(order->reason) + ')';
}

} // namespace

input parse_input(std::string_view line) {
  using verb = input::verb;
  line = trimmed(line);
  if (line.empty())
    return {};
  if (!line.starts_with('/') || line.starts_with("//")) {
    if (line.starts_with('/'))
      line.remove_prefix(1);
    return {.what = verb::say, .text = std::string(line)};
  }
  auto rest = line.substr(1);
  const auto command = next_word(rest);
  if (command == "join" || command == "j") {
    if (!protocol::is_room(rest))
      return wrong("/join ROOM: letters, digits and _ . : / @ - make a name");
    return {.what = verb::join, .name = std::string(rest)};
  }
  if (command == "leave" || command == "leave!" || command == "part")
    return {.what = verb::leave, .name = std::string(rest), .text = command == "leave!" ? "forget" : ""};
  if (command == "rooms")
    return {.what = verb::rooms};
  if (command == "who" || command == "names")
    return {.what = verb::who};
  if (command == "older")
    return {.what = verb::older};
  if (command == "help" || command == "?")
    return {.what = verb::help};
  if (command == "quit" || command == "q" || command == "exit")
    return {.what = verb::quit};
  if (command == "dm" || command == "msg" || command == "query") {
    const auto user = next_word(rest);
    if (!protocol::is_user(user))
      return wrong("/dm USER [TEXT]");
    return {.what = verb::direct, .name = std::string(user), .text = std::string(rest)};
  }
  if (command == "edit") {
    const auto seq = leading_seq(rest);
    return rest.empty() ? wrong("/edit [SEQ] TEXT") : input{.what = verb::edit, .seq = seq, .text = std::string(rest)};
  }
  if (command == "delete" || command == "del") {
    const auto seq = leading_seq(rest);
    return rest.empty() ? input{.what = verb::remove, .seq = seq} : wrong("/delete [SEQ]");
  }
  if (command == "react" || command == "reply") {
    const auto seq = leading_seq(rest);
    if (!seq || rest.empty())
      return wrong(command == "react" ? "/react SEQ EMOJI" : "/reply SEQ TEXT");
    return {.what = command == "react" ? verb::react : verb::reply, .seq = seq, .text = std::string(rest)};
  }
  if (auto order = parse_order(command, rest))
    return std::move(*order);
  return wrong(fmt::format("there is no /{}; /help tells what there is", client::printable(command)));
}

std::string direct_room(const std::string& one, const std::string& other) {
  return "dm:" + std::min(one, other) + ':' + std::max(one, other);
}

std::string shown_room(const std::string& room, const std::string& me) {
  if (const auto users = protocol::direct_message_users(room))
    return '@' + std::string(users->first == me ? users->second : users->first);
  return client::printable(room);
}

std::string palette::paint(std::string_view code, std::string_view text) const {
  return on ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}
std::string palette::dim(std::string_view text) const { return paint("2", text); }
std::string palette::bold(std::string_view text) const { return paint("1", text); }
std::string palette::warning(std::string_view text) const { return paint("33", text); }

std::string palette::name(std::string_view user) const {
  static constexpr std::array<std::string_view, 10> colours = {"31", "32", "34", "35", "36",
                                                               "91", "92", "94", "95", "96"};
  std::uint32_t mixed = 2166136261u; // FNV-1a: the same name has the same colour in every run.
  for (const char c : user)
    mixed = (mixed ^ static_cast<unsigned char>(c)) * 16777619u;
  return paint(colours[mixed % colours.size()], client::printable(user));
}

std::string clock_time(protocol::time_ms time) {
  const auto parts = local(time);
  return fmt::format("{:02}:{:02}", parts.tm_hour, parts.tm_min);
}

std::string calendar_day(protocol::time_ms time) {
  const auto parts = local(time);
  char text[64];
  return std::strftime(text, sizeof text, "%A %e %B %Y", &parts) ? text : "";
}

std::optional<std::string> shown_message(const protocol::entry& what, const palette& colours, bool live) {
  const auto head = fmt::format("{} {} {}", colours.dim(clock_time(what.time)),
                                colours.dim(fmt::format("#{}", what.seq)), colours.name(what.from));
  const auto body = client::printable(what.body.value_or(std::string{}));
  const auto target = what.target.value_or(0);
  if (what.kind == "system" && what.body)
    return fmt::format("{} {}", head, shown_event(*what.body));
  if (what.kind == "edit")
    return live && what.body ? std::optional{fmt::format("{} edited #{}: {}", head, target, body)} : std::nullopt;
  if (what.kind == "delete")
    return live ? std::optional{fmt::format("{} deleted #{}", head, target)} : std::nullopt;
  if (what.kind == "reaction")
    return live && what.body ? std::optional{fmt::format("{} reacted {} to #{}", head, body, target)} : std::nullopt;
  if (what.deleted.value_or(false) || !what.body)
    return fmt::format("{}: {}", head, colours.dim("(deleted)"));
  const auto reply = what.reply_to ? colours.dim(fmt::format("(to #{}) ", *what.reply_to)) : std::string{};
  const auto kind =
    what.kind == "text" ? std::string{} : colours.dim(fmt::format("[{}] ", client::printable(what.kind)));
  return fmt::format("{}: {}{}{}{}{}", head, kind, reply, body, what.edited ? colours.dim(" (edited)") : "",
                     reactions_of(what));
}

} // namespace troupe::chat
