#include "actors/middleware/step_supervisor.hpp"

#include "actors/sequencer.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using protocol::code;
using protocol::retry;

step_supervisor::step_supervisor(caf::actor_config& config, actor_unit& unit, services& around, std::size_t io_thread,
                                 const step_kind& kind, std::shared_ptr<const config::options> options)
  : unit_actor(config, unit), around_(around), io_thread_(io_thread), kind_(kind), options_(std::move(options)) {}

void step_supervisor::renew(std::shared_ptr<const config::options> options) {
  options_ = std::move(options);
  step_.reset();
}

step_supervisor::behavior_type step_supervisor::make_behavior() {
  return {
    [this](queued_passage& what) {
      --in_mailbox_;
      if (what.what->where() == passage::state::under_way)
        admit(std::move(what.what));
    },
    [this](const resumed_passage& what) { resume(what.ticket, what.how); },
    [this](const alarm_rang& what) {
      if (alarm_.rang(*this, what, around_.now()))
        expire();
    },
    [this](shut_down) { quit(); },
  };
}

void step_supervisor::on_exit() { waiting_.clear(); }

// -- on its way in ------------------------------------------------------------------------------

void step_supervisor::take(passage_ptr what) {
  if (running_ || in_mailbox_ > 0)
    return queue(std::move(what));
  on_unit([&] { admit(std::move(what)); });
}

void step_supervisor::queue(passage_ptr what) {
  ++in_mailbox_;
  send(this, queued_passage{std::move(what)});
}

void step_supervisor::admit(passage_ptr what) {
  if (const auto wait_ms = out_of_order_ms())
    return fail(*what, code::overloaded, "is out of order: wait", retry::after, wait_ms);
  running_ = true;
  auto how = ask(*what);
  has_run();
  carry_out(what, std::move(how));
}

/// Nothing when the step has failed.
std::optional<verdict> step_supervisor::ask(passage& what) {
  const bool timed = cost_.due();
  const auto since = timed ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point{};
  what.ticket = ++tickets_;
  auto how = guarded(what, [&] {
    if (!step_)
      make_step();
    auto said = step_->admit(what);
    on_probation_ = false;
    return said;
  });
  if (timed)
    cost_.add(std::chrono::steady_clock::now() - since);
  return how;
}

template <class F>
std::optional<verdict> step_supervisor::guarded(passage& what, F&& f) {
  auto& watch = *around_.watches[io_thread_];
  watch.enter(kind_.traits.name);
  std::optional<verdict> how;
  try {
    how = f();
  } catch (const std::exception& e) {
    crashed(&what, e.what());
  } catch (...) {
    crashed(&what, "something that is no exception");
  }
  watch.leave();
  return how;
}

/// What comes after the step may throw as well: that ends the caller, never the step.
template <class F>
void step_supervisor::go_beyond(passage& what, F&& f) {
  const auto failed = [&](std::string_view why) {
    around_.warn("what comes after step " + kind_.traits.name + " failed" +
                 (what.room().empty() ? "" : " on a request for " + std::string{what.room()}) + ": " +
                 std::string{why});
    what.break_off();
  };
  try {
    f();
  } catch (const std::exception& e) {
    failed(e.what());
  } catch (...) {
    failed("something that is no exception");
  }
}

void step_supervisor::carry_out(const passage_ptr& what, std::optional<verdict> how) {
  if (!how)
    return fail(*what, code::internal, "failed: try again", retry::same);
  if (const auto* later = std::get_if<wait>(&*how))
    return await(what, *later);
  go_beyond(*what, [&] {
    if (auto* no = std::get_if<refuse>(&*how))
      what->refuse_with(std::move(no->why));
    else if (auto* yes = std::get_if<answer>(&*how))
      what->answer_with(std::move(yes->with));
    else
      what->pass_on();
  });
}

void step_supervisor::fail(passage& what, code code, std::string_view did, retry next,
                           std::optional<std::uint32_t> after_ms) {
  go_beyond(what, [&] {
    what.fail_with(kind_.traits.name,
                   refusal(code, "step " + kind_.traits.name + ' ' + std::string{did}, next, after_ms));
  });
}

// -- while it waits -------------------------------------------------------------------------------

void step_supervisor::await(const passage_ptr& what, const wait& how) {
  const auto earliest = [&] {
    const auto first = std::min_element(waiting_.begin(), waiting_.end(),
                                        [](const auto& a, const auto& b) { return a.until < b.until; });
    return first == waiting_.end() ? std::optional<time_ms>{} : first->until;
  };
  const auto before = earliest();
  waiting_.push_back({what->ticket, how.until, what, how.then_pass});
  if (!before || how.until < *before)
    alarm_.set(*this, how.until, around_.now());
}

void step_supervisor::resume(std::uint64_t ticket, const decision& how) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& w) { return w.ticket == ticket; });
  if (found == waiting_.end())
    return; // Its time was over, or its caller has gone.
  const auto what = std::move(found->what);
  waiting_.erase(found);
  running_ = true;
  auto said = guarded(*what, [&] { return how(*what); });
  has_run();
  carry_out(what, std::move(said));
}

void step_supervisor::expire() {
  const auto now = around_.now();
  std::vector<waiting_passage> late;
  std::erase_if(waiting_, [&](const auto& w) {
    if (w.until > now)
      return false;
    late.push_back(w);
    return true;
  });
  if (!waiting_.empty())
    alarm_.set(
      *this,
      std::min_element(waiting_.begin(), waiting_.end(), [](const auto& a, const auto& b) { return a.until < b.until; })
        ->until,
      now);
  for (const auto& one : late) {
    if (one.then_pass)
      carry_out(one.what, pass{});
    else
      fail(*one.what, code::timeout, "did not decide in time: try again", retry::same);
  }
}

later step_supervisor::resume_later(const passage& what) {
  return [self = caf::actor_cast<step_actor>(ctrl()), ticket = what.ticket](decision then) {
    caf::anon_send(self, resumed_passage{ticket, std::move(then)});
  };
}

void step_supervisor::forget(passage& what) {
  std::erase_if(waiting_, [&](const auto& w) { return w.what.get() == &what; });
}

// -- on its way back --------------------------------------------------------------------------------

void step_supervisor::settle(passage& what, outcome& how) {
  if (!kind_.traits.settles)
    return;
  auto& watch = *around_.watches[io_thread_];
  watch.enter(kind_.traits.name);
  const auto failed = [&](std::string_view why) {
    crashed(&what, why);
    how.failed_step = kind_.traits.name;
  };
  try {
    if (!step_)
      make_step();
    step_->settle(what, how);
    how.failure_kept = how.failure_kept || (kind_.traits.recovers && !how.failed_step.empty());
  } catch (const std::exception& e) {
    failed(e.what());
  } catch (...) {
    failed("something that is no exception");
  }
  watch.leave();
}

bool step_supervisor::mend(passage& what, std::string_view failed, protocol::server::error& why) {
  if (!kind_.traits.recovers)
    return false;
  auto mended = why;
  try {
    if (!step_)
      make_step();
    step_->mend(what, failed, mended);
    why = std::move(mended);
    return true;
  } catch (const std::exception& e) {
    crashed(&what, e.what());
  } catch (...) {
    crashed(&what, "something that is no exception");
  }
  return false;
}

// -- supervision ----------------------------------------------------------------------------------------

void step_supervisor::make_step() { step_ = kind_.make({*options_, io_thread_, memory_, around_}); }

/// Its own code may have been on the stack when it failed.
void step_supervisor::has_run() {
  running_ = false;
  if (std::exchange(spoiled_, false))
    step_.reset();
}

void step_supervisor::crashed(const passage* what, std::string_view why) {
  const auto& limits = options_->middleware;
  const auto now = around_.now();
  if (running_)
    spoiled_ = true;
  else
    step_.reset();
  ++crashes_in_all_;
  around_.counters.step_crashes.fetch_add(1, std::memory_order_relaxed);
  while (!crashes_.empty() && crashes_.front() + limits.crash_window_s * 1'000LL < now)
    crashes_.pop_front();
  crashes_.push_back(now);
  const bool over = on_probation_ || crashes_.size() > limits.crashes_max;
  around_.warn("step " + kind_.traits.name + " failed" +
               (what && !what->room().empty() ? " on a request for " + std::string{what->room()} : "") + ": " +
               std::string{why} +
               (over ? "; it refuses everything for " + std::to_string(limits.open_ms) + " ms" : ""));
  if (!over)
    return;
  open_until_ = now + limits.open_ms;
  on_probation_ = true;
  crashes_.clear();
}

std::optional<std::uint32_t> step_supervisor::out_of_order_ms() {
  if (open_until_ == 0)
    return std::nullopt;
  const auto now = around_.now();
  if (now < open_until_)
    return static_cast<std::uint32_t>(open_until_ - now);
  // One more chance: what comes through now decides.
  open_until_ = 0;
  return std::nullopt;
}

} // namespace troupe::actors
