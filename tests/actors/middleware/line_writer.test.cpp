#include "actors/middleware/line_writer.hpp"
#include "actors/middleware/writer_board.hpp"

#include <catch2/catch.hpp>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

using namespace troupe;
using actors::line_writer;

namespace {

/// What a sink has been given; it can be held closed.
struct place {
  std::mutex mutex;
  std::condition_variable changed;
  std::string text;
  bool open = true;
  bool works = true;
  bool given_up = false;
  unsigned writes_begun = 0;
  unsigned reopened = 0;

  void set_open(bool what) {
    const std::lock_guard lock(mutex);
    open = what;
    changed.notify_all();
  }
  void wait_for_writes(unsigned many) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return writes_begun >= many; });
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex);
    std::vector<std::string> all;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);)
      all.push_back(line);
    return all;
  }
};

class sink final : public actors::log_sink {
public:
  explicit sink(place& to) : to_(to) {}
  bool write(std::string_view lines) override {
    std::unique_lock lock(to_.mutex);
    ++to_.writes_begun;
    to_.changed.notify_all();
    to_.changed.wait(lock, [&] { return to_.open || to_.given_up; });
    if (!to_.works || to_.given_up)
      return false;
    to_.text += lines;
    return true;
  }
  void reopen() override {
    const std::lock_guard lock(to_.mutex);
    ++to_.reopened;
  }
  void give_up() noexcept override {
    const std::lock_guard lock(to_.mutex);
    to_.given_up = true;
    to_.changed.notify_all();
  }

private:
  place& to_;
};

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

} // namespace

SCENARIO("lines reach the sink whole and in order, from several threads") {
  place to;
  actors::counter dropped{0};
  constexpr int each = 500;
  {
    line_writer writer{std::make_unique<sink>(to), {.lines_max = 10'000}, dropped, [] {}};
    std::vector<std::thread> writers;
    for (int who = 0; who < 4; ++who)
      writers.emplace_back([&writer, who] {
        for (int i = 0; i < each; ++i)
          writer.put(std::to_string(who) + ' ' + std::to_string(i));
      });
    for (auto& thread : writers)
      thread.join();
  }
  std::vector<int> next(4, 0);
  const auto lines = to.lines();
  CHECK(lines.size() == 4 * each);
  for (const auto& line : lines) {
    const auto who = static_cast<std::size_t>(line.front() - '0');
    CHECK(line.substr(2) == std::to_string(next[who]++));
  }
  CHECK(dropped == 0);
}

SCENARIO("a sink that takes nothing keeps nobody waiting") {
  place to;
  actors::counter dropped{0};
  line_writer writer{std::make_unique<sink>(to), {.lines_max = 3}, dropped, [] {}};

  GIVEN("a line that the sink does not take") {
    to.set_open(false);
    CHECK(writer.put("first"));
    to.wait_for_writes(1);

    WHEN("more lines come than may wait") {
      CHECK(writer.put("second"));
      CHECK(writer.put("third"));
      CHECK(writer.put("fourth"));
      CHECK_FALSE(writer.put("one too many"));
      CHECK_FALSE(writer.put("another"));

      THEN("those are counted, and the others come when the sink takes lines again") {
        CHECK(dropped == 2);
        to.set_open(true);
        writer.flush();
        CHECK(to.lines() == std::vector<std::string>{"first", "second", "third", "fourth"});
        CHECK(writer.put("fifth"));
        writer.flush();
        CHECK(to.lines().back() == "fifth");
      }
    }
  }
  to.set_open(true);
}

SCENARIO("a writer with a last line stops for good") {
  place to;
  actors::counter dropped{0};
  line_writer writer{
    std::make_unique<sink>(to), {.lines_max = 1, .first_line = "begin", .last_line = "the end"}, dropped, [] {}};
  to.set_open(false);
  writer.put("first");
  to.wait_for_writes(1);
  CHECK(writer.put("second"));
  CHECK_FALSE(writer.put("one too many"));
  to.set_open(true);
  writer.flush();
  CHECK_FALSE(writer.put("too late"));
  writer.flush();
  CHECK(to.lines() == std::vector<std::string>{"begin", "first", "second", "the end"});
  CHECK(dropped == 2);
}

SCENARIO("what a sink cannot write is counted, and said once") {
  place to;
  to.works = false;
  actors::counter dropped{0};
  std::atomic<int> warned{0};
  line_writer writer{std::make_unique<sink>(to), {.lines_max = 10}, dropped, [&] { ++warned; }};
  for (int i = 0; i < 3; ++i) {
    writer.put("lost");
    writer.flush();
  }
  CHECK(dropped == 3);
  CHECK(warned == 1);
}

SCENARIO("a sink that hangs does not keep the node from ending") {
  place to;
  actors::counter dropped{0};
  to.set_open(false);
  {
    line_writer writer{std::make_unique<sink>(to), {.lines_max = 10}, dropped, [] {}};
    writer.put("never");
  }
  CHECK(to.given_up);
  CHECK(dropped == 1);
}

SCENARIO("a file that was moved away is made anew") {
  const auto directory = std::filesystem::temp_directory_path() / ("troupe-lines-" + std::to_string(::getpid()));
  std::filesystem::remove_all(directory);
  actors::counter dropped{0};
  {
    const auto file = directory / "log" / "access.log";
    line_writer writer{actors::open_sink(file.string()), {.lines_max = 10}, dropped, [] {}};
    writer.put("before");
    writer.flush();
    std::filesystem::rename(file, directory / "log" / "access.log.1");
    writer.put("still there");
    writer.flush();
    writer.reopen();
    writer.put("after");
    writer.flush();
    CHECK(content_of(directory / "log" / "access.log.1") == "before\nstill there\n");
    CHECK(content_of(file) == "after\n");
  }
  std::filesystem::remove_all(directory);
  CHECK(dropped == 0);
}

SCENARIO("a writer that was replaced ends when nobody holds it, where somebody sweeps") {
  place old_place, new_place;
  actors::counter dropped{0};
  actors::writer_board board;
  const auto writer_to = [&](place& to) {
    return [&] {
      return std::make_shared<line_writer>(std::make_unique<sink>(to), line_writer::rules{.lines_max = 10}, dropped,
                                           [] {});
    };
  };
  auto held = board.get("access_log", "old", writer_to(old_place));
  old_place.set_open(false);
  held->put("last words");
  old_place.wait_for_writes(1);
  CHECK(board.get("access_log", "new", writer_to(new_place)) != held);
  board.sweep();
  CHECK(held->put("still taken")); // A step of an old chain has it.
  held.reset();                    // Does not wait for the sink, which takes nothing.
  CHECK_FALSE(old_place.given_up);
  old_place.set_open(true);
  board.sweep();
  CHECK(old_place.lines() == std::vector<std::string>{"last words", "still taken"});
}
