// What a program hears when the cluster does not want it, or is not there.
#include "guest/guest.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <fstream>
#include <future>

using namespace troupe::guest;
using namespace troupe::tests;
using Catch::Matchers::Contains;

namespace {

template <class T>
T within_a_minute(std::future<T> what) {
  REQUIRE(what.wait_for(60s) == std::future_status::ready);
  return what.get();
}

/// Posts `count` messages: which one was refused first, from 1, and why. 0 and nothing when the last one was stored.
std::pair<std::size_t, std::string> first_refusal(guest& here, const room_handle& room, std::size_t count = 1) {
  const auto told = std::make_shared<std::promise<std::pair<std::size_t, std::string>>>();
  auto answer = told->get_future();
  here.system().spawn([=](caf::event_based_actor* self) {
    const auto tell = [=, done = std::make_shared<bool>(false)](std::size_t which, std::string why) {
      if (!std::exchange(*done, true))
        told->set_value({which, std::move(why)});
      self->quit();
    };
    for (std::size_t i = 1; i <= count; ++i)
      self->request(room, caf::infinite, post_atom::value, "hello")
        .then(
          [=](posted_atom, std::uint64_t) {
            if (i == count)
              tell(0, {});
          },
          [=](const caf::error& why) { tell(i, self->system().render(why)); });
  });
  return within_a_minute(std::move(answer));
}

/// Listens until it is told that there will be nothing more: "room: reason".
std::future<std::string> last_words(guest& here, const room_handle& room) {
  const auto told = std::make_shared<std::promise<std::string>>();
  here.system().spawn([=](caf::event_based_actor* self) -> caf::behavior {
    self->send(room, listen_atom::value, caf::actor{self});
    return {
      [](said_atom, const std::string&, std::uint64_t, const std::string&, const std::string&) {},
      [=](ended_atom, const std::string& where, const std::string& why) {
        told->set_value(where + ": " + why);
        self->quit();
      },
    };
  });
  return told->get_future();
}

/// Where names are not believed.
std::string with_tokens(const temporary_directory& directory) {
  const auto secret = (directory / "secret").string();
  std::ofstream{secret} << std::string(43, 's');
  ::chmod(secret.c_str(), 0600);
  return "[auth]\nissuer = \"https://login.example\"\naudience = \"troupe\"\n[[auth.keys]]\nkid = \"k\"\nalgorithm = "
         "\"HS256\"\n"
         "secret_file = \"" +
         secret + "\"\n";
}

} // namespace

SCENARIO("a guest that is not let in tells its posts and listeners") {
  temporary_directory directory;
  const auto server = node::started({.auth = "token", .config = with_tokens(directory)});
  guest here{{.data = server.data().string(), .user = "parrot"}};
  const auto lounge = here.room("lounge");

  auto listener = last_words(here, lounge);
  const auto [which, why] = first_refusal(here, lounge);
  CHECK(which == 1);
  const auto words = within_a_minute(std::move(listener));
  REQUIRE_THAT(words, Catch::Matchers::StartsWith("lounge: "));
  CHECK_THAT(why, Contains(words.substr(std::string{"lounge: "}.size())));

  WHEN("more is posted and listened to afterwards") {
    THEN("it is told the same") {
      CHECK(first_refusal(here, lounge) == std::pair{std::size_t{1}, why});
      CHECK(within_a_minute(last_words(here, lounge)) == words);
    }
  }
}

SCENARIO("posts of a guest wait for a node, but not without bound") {
  auto server = node::started({});
  guest here{{.data = server.data().string(), .user = "parrot"}};
  const auto lounge = here.room("lounge");
  REQUIRE(first_refusal(here, lounge).first == 0);
  server.kill();
  const auto [which, why] = first_refusal(here, lounge, waiting_posts_max + 1);
  CHECK(which == waiting_posts_max + 1);
  CHECK_THAT(why, Contains("too many posts wait"));
}
