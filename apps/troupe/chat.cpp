// troupe chat: talk from a terminal, or from a script.
#include "apps/troupe/commands.hpp"

#include "apps/troupe/chat/conversation.hpp"
#include "apps/troupe/chat/terminal.hpp"
#include "protocol/names.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe {
namespace {

struct chat_settings {
  std::string url = "ws://127.0.0.1:8080/ws";
  std::string user;
  std::string room = "lounge";
  std::string token;
};

/// What stays to be said when the conversation is over.
std::vector<std::string> talk_until_end(const chat_settings& settings, const client::endpoint& where) {
  boost::asio::io_context io;
  std::unique_ptr<client::session> session;
  std::unique_ptr<chat::conversation> talk;
  boost::asio::steady_timer farewell{io};

  chat::terminal* screen = nullptr;
  const auto finish = [&] {
    session->stop();
    screen->stop();
    farewell.cancel();
  };
  // Input from a pipe ends before the answers are there: wait until all is acked, but not for ever.
  std::function<void(int)> finish_when_sent = [&](int rounds) {
    if (talk->ended() || rounds == 0 ||
        (session->state().unsent().empty() && session->state().state() == client::link_state::online))
      return finish();
    farewell.expires_after(std::chrono::milliseconds{50});
    farewell.async_wait([&, rounds](boost::system::error_code failed) {
      if (!failed)
        finish_when_sent(rounds - 1);
    });
  };
  chat::terminal terminal{io,
                          {.line =
                             [&](const std::string& line) {
                               if (!talk->typed(line))
                                 finish_when_sent(screen->interactive() ? 20 : 600);
                             },
                           .typing = [&] { talk->typing(); },
                           .end = [&] { finish_when_sent(screen->interactive() ? 20 : 600); },
                           .interrupted = finish}};
  screen = &terminal;
  talk = std::make_unique<chat::conversation>(
    chat::screen{.print = [&](std::string_view line) { terminal.print(line); },
                 .prompt = [&](std::string prompt) { terminal.set_prompt(std::move(prompt)); },
                 .colours = {terminal.colours()}},
    settings.user);
  client::session_options options{.user = settings.user, .token_is_fixed = true, .sdk = "troupe-chat"};
  if (!settings.token.empty())
    options.token = [token = settings.token] { return token; };
  session = std::make_unique<client::session>(io, where, std::move(options), *talk);
  talk->use(*session);
  talk->enter(settings.room);
  session->start();
  terminal.start();
  while (!talk->ended() && io.run_one() > 0) {
  }
  terminal.stop();
  io.run_for(std::chrono::milliseconds{500}); // The closing handshake.
  auto said = chat::complaints(talk->report(), terminal.interactive());
  session.reset(); // Before the terminal it talks to.
  return said;
}

int run_chat(const chat_settings& settings) {
  const auto where = client::parse_url(settings.url);
  if (!where) {
    std::fprintf(stderr, "troupe chat: --url wants ws://HOST[:PORT][/PATH]\n");
    return 2;
  }
  const auto said = talk_until_end(settings, *where); // The terminal is as it was before, again.
  for (const auto& complaint : said)
    std::fprintf(stderr, "troupe chat: %s\n", complaint.c_str());
  return said.empty() ? 0 : 1;
}

} // namespace

void add_chat(CLI::App& program) {
  auto settings = std::make_shared<chat_settings>();
  if (const char* name = std::getenv("USER"); name && protocol::is_user(name))
    settings->user = name;
  auto* command = program.add_subcommand("chat", "Talk from a terminal, or from a script through a pipe");
  command->add_option("--url", settings->url, "The node")->capture_default_str();
  auto* user = command->add_option("--user", settings->user, "Who you are, at a server that believes it")
                 ->check([](const std::string& name) {
                   return protocol::is_user(name) ? std::string{} : "1 to 64 of A-Z a-z 0-9 _ . @ -";
                 });
  if (settings->user.empty())
    user->required();
  else
    user->capture_default_str();
  command->add_option("--room", settings->room, "The first room")
    ->check([](const std::string& name) {
      return protocol::is_room(name) ? std::string{} : "1 to 160 of A-Z a-z 0-9 _ . : / @ -";
    })
    ->capture_default_str();
  command->add_option("--token", settings->token, "A JWT, where names are not believed")->envname("TROUPE_TOKEN");
  command->footer(
    "Lines from a pipe are messages and commands (/help lists them); at the end of input the command waits until\n"
    "all are stored, 30 s at most.\n"
    "Example:\n"
    "  echo \"deployed $VERSION\" | troupe chat --user deploy-bot --room ops || echo \"nobody was told\"\n"
    "Exit code 0: every message is stored. 1: a message was not sent, not acknowledged or refused, or the\n"
    "server closed the connection for good; stderr says how many and why. 2: --url cannot be read.");
  command->callback([settings] {
    if (const auto failed = run_chat(*settings))
      throw CLI::RuntimeError(failed);
  });
}

} // namespace troupe
