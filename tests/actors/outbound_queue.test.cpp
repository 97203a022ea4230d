#include "actors/outbound_queue.hpp"
#include "actors/token_bucket.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::actors;

namespace {

shared_frame of_bytes(std::size_t bytes) { return frame::make(std::string(bytes - (bytes < 128 ? 2 : 4), 'x')); }

} // namespace

SCENARIO("the deeper the queue, the fewer classes it takes, and one past each bound is dropped") {
  config::outbound_options bounds;
  bounds.drop_typing_bytes = 1'000;
  bounds.conflate_bytes = 2'000;
  bounds.gap_bytes = 3'000;
  bounds.bytes_max = 4'000;
  const auto [kind, bound] = GENERATE(table<frame_class, std::size_t>({{frame_class::typing, 1'000},
                                                                       {frame_class::presence, 2'000},
                                                                       {frame_class::marks, 2'000},
                                                                       {frame_class::message, 3'000},
                                                                       {frame_class::history, 3'000},
                                                                       {frame_class::answer, 4'000}}));
  outbound_queue queue;
  queue.push(of_bytes(bound - 100), frame_class::answer, bounds);
  CHECK(queue.push(of_bytes(100), kind, bounds) == queued::taken);
  CHECK(queue.bytes() == bound);
  CHECK(queue.push(of_bytes(10), kind, bounds) == (kind == frame_class::answer ? queued::overflow : queued::dropped));
  CHECK(queue.bytes() == bound);
}

SCENARIO("a history longer than its share goes out when nothing else waits, and only then") {
  config::outbound_options bounds;
  bounds.bytes_max = 4'000;
  bounds.gap_bytes = 3'000;
  outbound_queue queue;
  CHECK(queue.push(of_bytes(3'500), frame_class::history, bounds) == queued::taken);
  CHECK(queue.is_full_for(frame_class::history, bounds));
  std::vector<shared_frame> out;
  queue.take(out, 4'000);
  CHECK_FALSE(queue.is_full_for(frame_class::history, bounds));
  queue.push(of_bytes(100), frame_class::answer, bounds);
  CHECK(queue.push(of_bytes(3'500), frame_class::history, bounds) == queued::dropped);
}

SCENARIO("frames leave in their order, in bounded helpings, and an empty queue holds nothing") {
  config::outbound_options bounds;
  outbound_queue queue;
  std::vector<shared_frame> in;
  for (int i = 0; i < 50; ++i) {
    in.push_back(frame::make(std::to_string(i)));
    queue.push(in.back(), frame_class::message, bounds);
  }
  std::vector<shared_frame> out;
  while (!queue.empty()) {
    const auto before = out.size();
    const auto taken = queue.take(out, 10);
    CHECK(taken >= 10 - (queue.empty() ? 10 : 0));
    CHECK(out.size() - before <= 5);
    if (out.size() == 20)
      queue.push(in.emplace_back(frame::make("late")), frame_class::message, bounds);
  }
  CHECK(out == in);
  CHECK(queue.bytes() == 0);
}

SCENARIO("a bucket gives its burst, then its rate, and tells how long to wait") {
  token_bucket bucket(10, 3, 0);
  CHECK(bucket.take(0) == 0);
  CHECK(bucket.take(0) == 0);
  CHECK(bucket.take(0) == 0);
  CHECK(bucket.take(0) == 101);
  CHECK(bucket.take(50) == 51);
  CHECK(bucket.take(101) == 0);
  CHECK(bucket.take(101) > 0);
  CHECK(bucket.take(50) > 0);
  CHECK(bucket.take(1'000'000) == 0);
  token_bucket unlimited(0, 0, 0);
  for (int i = 0; i < 100; ++i)
    CHECK(unlimited.take(0) == 0);
}
