#include "apps/troupe/chat/words.hpp"

#include "client/printable.hpp"
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
                         "  /quit               leave the chat (also Ctrl-D)\n"
                         "  //TEXT              say something that begins with a slash";

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
