// A bot: greets a room and answers whoever speaks to it.
//
//   build/release/bin/troupe cluster --data data
//   build/release/bin/bot data lounge          in a second terminal; Ctrl-C ends it
#include "guest/guest.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

using namespace troupe::guest;

namespace {

constexpr auto name = "parrot";

/// An actor like any other: it listens to the room and posts to it.
caf::behavior parrot(caf::event_based_actor* self, room_handle room) {
  self->set_error_handler([self](caf::error& why) { // A post was refused; without this the parrot would end.
    std::fprintf(stderr, "bot: %s\n", self->system().render(why).c_str());
  });
  self->send(room, listen_atom::value, caf::actor{self});
  self->send(room, post_atom::value, "I am here: say \"parrot\" and I repeat it");
  return {
    [=](said_atom, const std::string& where, std::uint64_t seq, const std::string& from, const std::string& text) {
      std::printf("%s %llu %s: %s\n", where.c_str(), static_cast<unsigned long long>(seq), from.c_str(), text.c_str());
      std::fflush(stdout);
      if (from != name && text.find(name) != std::string::npos)
        self->send(room, post_atom::value, from + " said: " + text);
    },
    [=](posted_atom, std::uint64_t) {},
    [=](ended_atom, const std::string&, const std::string& why) {
      std::fprintf(stderr, "bot: the cluster does not want it: %s\n", why.c_str());
      ::kill(::getpid(), SIGUSR1);
    },
  };
}

} // namespace

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bot DATA ROOM\n");
    return 2;
  }
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGUSR1); // From the parrot.
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  guest here{{.data = argv[1], .user = name}};
  const auto bot = here.system().spawn(parrot, here.room(argv[2]));
  int signal = 0;
  sigwait(&ends, &signal);
  caf::anon_send_exit(bot, caf::exit_reason::user_shutdown);
  return signal == SIGUSR1 ? 1 : 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "bot: %s\n", e.what());
  return 1;
}
