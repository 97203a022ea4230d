// A recorder's file gives back what was appended; frames become events.
#include "checker/recorder.hpp"
#include "checker/observed.hpp"
#include "tests/checker/story.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <sstream>
#include <thread>

using namespace troupe;
using namespace troupe::checker;

namespace {

struct temporary_file {
  std::filesystem::path path =
    std::filesystem::temp_directory_path() / ("troupe-recorder-" + std::to_string(::getpid()) + ".jsonl");
  ~temporary_file() { std::filesystem::remove(path); }
};

std::vector<happening> kinds(const history& of) {
  std::vector<happening> all;
  for (const auto& e : of.events)
    all.push_back(e.ev);
  return all;
}

} // namespace

TEST_CASE("an event survives its line") {
  auto told = an_evening();
  for (const auto& e : told.told().events) {
    std::string line;
    append_line(line, e);
    const auto back = read_line(line);
    REQUIRE(std::holds_alternative<event>(back));
    CHECK(std::get<event>(back) == e);
  }
}

TEST_CASE("a line leaves out what does not apply") {
  event e;
  e.ev = happening::lost;
  e.conn = 3;
  e.code = "1006";
  std::string line;
  append_line(line, e);
  CHECK(line == R"({"ev":"lost","conn":3,"code":"1006"})");
}

TEST_CASE("lines that can not be read are kept with their number") {
  std::istringstream in{"{\"ev\":\"fault\",\"what\":\"cut\"}\n\nnonsense\n{\"ev\":\"party\"}\n{\"conn\":1}\n"
                        "{\"ev\":\"ack\",\"seq\":\"one\"}\n{\"ev\":\"end\",\"later\":true}\n"};
  const auto all = read_history(in);
  CHECK(kinds(all) == std::vector{happening::fault, happening::end});
  CHECK(all.line_of(1) == 7);
  REQUIRE(all.unreadable.size() == 4);
  CHECK(all.unreadable[0].line == 3);
}

TEST_CASE("many threads append whole lines") {
  temporary_file file;
  {
    recorder into{file.path};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 1'000; ++i) {
          event e;
          e.ev = happening::fault;
          e.what = "word \"quoted\"\n";
          into.append(e);
        }
      });
    for (auto& t : threads)
      t.join();
  }
  const auto all = read_history(file.path);
  CHECK(all.events.size() == 4'001);
  CHECK(all.unreadable.empty());
  CHECK(all.events.back().ev == happening::end);
  CHECK(std::is_sorted(all.events.begin(), all.events.end(),
                       [](const event& a, const event& b) { return a.at_us < b.at_us; }));
}

TEST_CASE("a connection's frames become events") {
  temporary_file file;
  protocol::salt_bytes salt{};
  salt[0] = 1;
  {
    recorder into{file.path};
    observed_connection ann{into, "phone", "ann"};
    ann.sending(protocol::client::join{.id = 1, .room = "lounge", .since = protocol::position{"e1", 2}});
    protocol::entry shown{
      .seq = 3, .from = "bob", .cid = "B1", .time = 5, .kind = "text", .body = "hi", .salt = protocol::to_hex(salt)};
    protocol::server::joined joined{.re = 1, .room = "lounge", .epoch = "e1", .head = 3, .min = 1, .recovered = true};
    joined.messages.push_back(shown);
    ann.received(joined);
    ann.sending(protocol::client::send{.id = 2, .room = "lounge", .cid = "A1", .body = "one"});
    ann.sending(protocol::client::send{.id = 3, .room = "lounge", .cid = "A2", .body = "two"});
    ann.sending(protocol::client::send{.id = 4, .room = "lounge", .cid = "A3", .body = "three"});
    ann.received(protocol::server::ack{.re = 2, .room = "lounge", .cid = "A1", .epoch = "e1", .seq = 4});
    ann.received(protocol::server::error{.re = 3, .code = protocol::code::overloaded, .retry = protocol::retry::same});
    ann.lost("1006");
  }
  const auto all = read_history(file.path);
  REQUIRE(kinds(all) == std::vector{happening::connected, happening::joined, happening::message, happening::send,
                                    happening::send, happening::send, happening::ack, happening::refused,
                                    happening::unknown, happening::lost, happening::end});
  CHECK(all.events[1].since == 2);
  CHECK(all.events[1].since_epoch == "e1");
  CHECK(all.events[2].body == body_mark("hi"));
  CHECK(all.events[2].digest == protocol::to_hex(protocol::body_digest(salt, "hi")));
  CHECK(all.events[7].cid == "A2");
  CHECK(all.events[7].retry == "same");
  CHECK(all.events[8].cid == "A3");
  CHECK(all.events[8].user == "ann");
}
