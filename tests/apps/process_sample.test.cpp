#include "apps/troupe/bench/process_sample.hpp"

#include <catch2/catch.hpp>

#include <cstring>
#include <memory>
#include <unistd.h>

using namespace troupe::bench;

TEST_CASE("our own process has threads, memory and, after some work, CPU time") {
  const auto before = sample_process(getpid());
  REQUIRE(before);
  CHECK(before->threads >= 1);
  CHECK(before->rss_kb > 0);
  CHECK(before->rss_peak_kb >= before->rss_kb);
  for (volatile int i = 0; sample_process(getpid())->cpu_s() <= before->cpu_s();)
    i = i + 1;
  CHECK(sample_process(getpid())->cpu_s() > before->cpu_s());
}

TEST_CASE("pages that are written become private") {
  const auto before = sample_memory(getpid());
  constexpr std::size_t bytes = 64u << 20;
  const auto block = std::make_unique<char[]>(bytes);
  std::memset(block.get(), 1, bytes);
  const auto grown = sample_memory(getpid()).total_kb() - before.total_kb();
  CHECK(grown > 60 * 1024);
  CHECK(grown < 80 * 1024);
  CHECK(block[bytes / 2] == 1);
}

TEST_CASE("there is nothing to read of a process that is not there") { CHECK_FALSE(sample_process(INT32_MAX)); }

TEST_CASE("a counter is the sum of its series, found by its name or the end of it") {
  const std::string text = "# HELP troupe_socket_send_calls_total Calls.\n"
                           "# TYPE troupe_socket_send_calls_total counter\n"
                           "troupe_socket_send_calls_total{thread=\"0\"} 12\n"
                           "troupe_socket_send_calls_total{thread=\"a b\"} 30\n"
                           "troupe_resend_calls_total 1000\n"
                           "troupe_turns_total 7\n";
  CHECK(sum_of_metric(text, "send_calls_total") == 42);
  CHECK(sum_of_metric(text, "troupe_socket_send_calls_total") == 42);
  CHECK(sum_of_metric(text, "troupe_turns_total") == 7);
  CHECK_FALSE(sum_of_metric(text, "calls"));
  CHECK_FALSE(sum_of_metric(text, "troupe_socket"));
}
