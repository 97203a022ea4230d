// A frame is made on one thread and released on others, each with a queue of its own.
#include "actors/frame_pool.hpp"
#include "actors/outbound_queue.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace troupe;
using namespace troupe::actors;

SCENARIO("frames that are shared by the queues of four threads arrive whole and are released once") {
  constexpr int threads = 4;
  constexpr int rounds = 2'000;
  struct inbox {
    std::mutex mutex;
    std::condition_variable wake;
    std::vector<shared_frame> frames;
    bool done = false;
  };
  std::vector<inbox> inboxes(threads);
  std::atomic<std::size_t> seen{0};
  std::atomic<bool> wrong{false};
  std::vector<std::thread> readers;
  for (auto& mine : inboxes)
    readers.emplace_back([&] {
      config::outbound_options bounds;
      outbound_queue queue;
      for (;;) {
        std::vector<shared_frame> got;
        {
          std::unique_lock lock(mine.mutex);
          mine.wake.wait(lock, [&] { return mine.done || !mine.frames.empty(); });
          if (mine.frames.empty())
            return;
          got.swap(mine.frames);
        }
        for (auto& f : got)
          queue.push(std::move(f), frame_class::answer, bounds);
        std::vector<shared_frame> out;
        queue.take(out, SIZE_MAX);
        for (const auto& f : out) {
          const auto payload = f->bytes().substr(f->bytes().size() - 100);
          wrong = wrong || payload != std::string(100, payload.front());
          ++seen;
        }
      }
    });
  for (int i = 0; i < rounds; ++i) {
    const auto frame = frame::make(std::string(100, static_cast<char>('a' + i % 26)));
    for (auto& inbox : inboxes) {
      const std::lock_guard lock(inbox.mutex);
      inbox.frames.push_back(frame);
      inbox.wake.notify_one();
    }
  }
  for (auto& inbox : inboxes) {
    const std::lock_guard lock(inbox.mutex);
    inbox.done = true;
    inbox.wake.notify_one();
  }
  for (auto& reader : readers)
    reader.join();
  CHECK(seen == threads * rounds);
  CHECK_FALSE(wrong);
}
