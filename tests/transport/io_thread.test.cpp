// The I/O thread as an execution unit, as the place where output is gathered, and as a clock.
#include "transport/io_thread.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

using namespace troupe::transport;

namespace {

/// Stands for an actor: counts its references and says what `resume` answers.
class job final : public caf::resumable {
public:
  using body = std::function<resume_result(caf::execution_unit&, std::size_t)>;

  explicit job(body does) : does_{std::move(does)} {}

  resume_result resume(caf::execution_unit* unit, std::size_t throughput) override { return does_(*unit, throughput); }
  void intrusive_ptr_add_ref_impl() override { ++references; }
  void intrusive_ptr_release_impl() override { --references; }

  std::atomic<int> references{0};

private:
  body does_;
};

void hand_over(io_thread& to, job& what) {
  what.intrusive_ptr_add_ref_impl();
  to.exec_later(&what);
}

struct output final : flushable {
  explicit output(std::vector<std::string>& to, std::string called) : log{to}, name{std::move(called)} {}
  void flush() override {
    log.push_back(name);
    if (then)
      then();
  }
  std::vector<std::string>& log;
  std::string name;
  std::function<void()> then;
};

/// Runs `work` on the thread, and whatever it has posted.
template <class F>
void run_on(io_thread& thread, F work) {
  thread.post(work);
  for (int turns = 0; turns < 5; ++turns) {
    std::promise<void> passed;
    thread.post([&] { passed.set_value(); });
    passed.get_future().wait();
  }
}

} // namespace

SCENARIO("jobs run on the thread, with a bound, and give their reference back") {
  io_thread thread{nullptr, 3};
  thread.start();
  CHECK(thread.index() == 3);
  CHECK_FALSE(thread.here());

  SECTION("from another thread, again as often as they ask") {
    std::promise<void> done;
    int rounds = 0;
    job one{[&](caf::execution_unit& unit, std::size_t throughput) {
      CHECK(&unit == &thread);
      CHECK(thread.here());
      CHECK(throughput == io_thread::throughput);
      if (++rounds < 1'000)
        return caf::resumable::resume_later;
      done.set_value();
      return caf::resumable::awaiting_message;
    }};
    hand_over(thread, one);
    done.get_future().wait();
    thread.stop();
    CHECK(rounds == 1'000);
    CHECK(one.references == 0);
  }

  SECTION("from within, after those that are there") {
    std::vector<int> order;
    job second{[&](caf::execution_unit&, std::size_t) {
      order.push_back(2);
      return caf::resumable::done;
    }};
    job first{[&](caf::execution_unit&, std::size_t) {
      hand_over(thread, second);
      order.push_back(1);
      return caf::resumable::done;
    }};
    run_on(thread, [&] { hand_over(thread, first); });
    thread.stop();
    CHECK(order == std::vector{1, 2});
    CHECK(first.references == 0);
    CHECK(second.references == 0);
  }

  SECTION("a job that never rests does not starve the others") {
    std::atomic<bool> stop = false;
    job greedy{
      [&](caf::execution_unit&, std::size_t) { return stop ? caf::resumable::done : caf::resumable::resume_later; }};
    hand_over(thread, greedy);
    for (int posted = 0; posted < 100; ++posted) {
      std::promise<void> served;
      thread.post([&] { served.set_value(); });
      served.get_future().wait();
    }
    stop = true;
    while (greedy.references > 0)
      std::this_thread::yield();
  }
}

SCENARIO("what waits at the end is let go") {
  job late{[](caf::execution_unit&, std::size_t) { return caf::resumable::done; }};
  {
    io_thread thread{nullptr, 0};
    thread.start();
    thread.stop();
    hand_over(thread, late);
    CHECK(late.references == 1);
  }
  CHECK(late.references == 0);
}

SCENARIO("output is flushed once a turn, after the actors") {
  io_thread thread{nullptr, 0};
  thread.start();
  std::vector<std::string> log;
  output a{log, "a"}, b{log, "b"};

  SECTION("however often it was wanted") {
    run_on(thread, [&] {
      thread.want_flush(a);
      thread.want_flush(b);
      thread.want_flush(a);
    });
    CHECK(log == std::vector<std::string>{"a", "b"});
    run_on(thread, [&] { thread.want_flush(a); });
    CHECK(log == std::vector<std::string>{"a", "b", "a"});
  }
  SECTION("after actors that became ready in between") {
    job speaks{[&](caf::execution_unit&, std::size_t) {
      log.push_back("actor");
      thread.want_flush(a);
      return caf::resumable::done;
    }};
    run_on(thread, [&] {
      thread.want_flush(a);
      hand_over(thread, speaks);
    });
    CHECK(log == std::vector<std::string>{"actor", "a"});
  }
  SECTION("but not for ever after them") {
    std::atomic<bool> stop = false;
    job greedy{
      [&](caf::execution_unit&, std::size_t) { return stop ? caf::resumable::done : caf::resumable::resume_later; }};
    std::promise<void> flushed;
    a.then = [&] { flushed.set_value(); };
    thread.post([&] {
      hand_over(thread, greedy);
      thread.want_flush(a);
    });
    flushed.get_future().wait();
    stop = true;
    while (greedy.references > 0)
      std::this_thread::yield();
  }
  SECTION("not when it was taken back, before or during") {
    a.then = [&] { thread.forget(b); };
    run_on(thread, [&] {
      thread.want_flush(a);
      thread.want_flush(b);
    });
    CHECK(log == std::vector<std::string>{"a"});
  }
  SECTION("again next turn when wanted while it is flushed") {
    a.then = [&] {
      if (log.size() < 3)
        thread.want_flush(a);
    };
    run_on(thread, [&] { thread.want_flush(a); });
    CHECK(log == std::vector<std::string>{"a", "a", "a"});
  }
  thread.stop();
}

SCENARIO("timers of a thread come in their order, and none wakes it without need") {
  struct timer final : timer_wheel::entry {
    void expired(std::int64_t) override { then(); }
    std::function<void()> then;
  };
  io_thread thread{nullptr, 0};
  thread.start();
  std::vector<int> order;
  std::promise<void> done;
  timer late, early;
  late.then = [&] {
    order.push_back(2);
    done.set_value();
  };
  early.then = [&] { order.push_back(1); };
  thread.post([&] {
    const auto now = thread.refresh_now();
    thread.schedule(late, now + 200);
    thread.schedule(early, now + 100); // earlier than what the thread sleeps for
  });
  done.get_future().wait();
  thread.stop();
  CHECK(order == std::vector{1, 2});
}
