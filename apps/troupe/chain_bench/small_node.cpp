#include "apps/troupe/chain_bench/small_node.hpp"

#include "actors/middleware/built_in.hpp"
#include "actors/middleware/line_writer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace troupe::chain_bench {

namespace {

/// A place in a chain that takes everything by its mailbox.
class by_mailbox final : public chain_post {
public:
  explicit by_mailbox(step_supervisor& to) : to_(to) {}
  void take(passage_ptr what) override { to_.queue(std::move(what)); }
  void settle(passage& what, outcome& how) override { to_.settle(what, how); }
  bool mend(passage& what, std::string_view failed, protocol::server::error& why) override {
    return to_.mend(what, failed, why);
  }
  void forget(passage& what) override { to_.forget(what); }
  later resume_later(const passage& what) override { return to_.resume_later(what); }

private:
  step_supervisor& to_;
};

class nowhere final : public log_sink {
  bool write(std::string_view) override { return true; }
};

step_kind empty_step(const std::string& name) {
  class empty final : public step {
    verdict admit(passage&) override { return pass{}; }
    void settle(const passage&, const outcome&) override {}
  };
  step_traits traits;
  traits.name = name;
  traits.settles = true;
  return {std::move(traits), [](const step_surroundings&) { return std::make_unique<empty>(); }};
}

time_ms now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
    .count();
}

void draw(unsigned char* to, std::size_t bytes) { std::fill_n(to, bytes, static_cast<unsigned char>(7)); }

} // namespace

void run_queue::exec_later(caf::resumable* job) {
  if (std::this_thread::get_id() == owner_) {
    jobs_.push_back(job);
    return;
  }
  const std::lock_guard lock(mutex_);
  from_others_.push_back(job);
  others_came_.store(true, std::memory_order_release);
}

void run_queue::drain() {
  if (others_came_.load(std::memory_order_acquire)) {
    const std::lock_guard lock(mutex_);
    jobs_.insert(jobs_.end(), from_others_.begin(), from_others_.end());
    from_others_.clear();
    others_came_.store(false, std::memory_order_relaxed);
  }
  while (!jobs_.empty()) {
    std::swap(jobs_, running_);
    for (auto* job : running_)
      if (job->resume(this, 64) == caf::resumable::resume_later)
        jobs_.push_back(job);
      else
        caf::intrusive_ptr_release(job);
    running_.clear();
  }
}

protocol::client::send message_to(const std::string& room) {
  protocol::client::send send;
  send.room = room;
  send.cid = "01HF7YAT00000000000000000A";
  send.body = "Has anybody seen the keys of the meeting room? They are not where they should be.";
  return send;
}

small_node::small_node(const std::function<void(config::options&)>& options,
                       const std::function<void(services&)>& prepare) {
  config_.set("scheduler.max-threads", 1);
  options_.rate_limit = {0, 1, 0, 1, 0, 1};
  options_.moderate.words = {"unspeakable", "two words"};
  if (options)
    options(options_);
  system_ = std::make_unique<caf::actor_system>(config_);
  unit_ = std::make_unique<run_queue>(*system_);
  around_ = std::unique_ptr<services>(new services{options_,
                                                   patterns_,
                                                   memory_,
                                                   memory_,
                                                   tokens_,
                                                   now,
                                                   draw,
                                                   [] { return true; },
                                                   [](std::string_view) {},
                                                   counters_,
                                                   nullptr,
                                                   {},
                                                   {},
                                                   {},
                                                   {}});
  around_->units.push_back(unit_.get());
  around_->watches.push_back(std::make_unique<thread_watch>());
  add_built_in_steps(around_->steps);
  around_->steps.add(access_log_step(std::make_shared<line_writer>(
    std::make_unique<nowhere>(), line_writer::rules{65'536}, counters_.access_log_dropped, [] {})));
  for (int i = 1; i <= 6; ++i)
    around_->steps.add(empty_step("empty " + std::to_string(i)));
  if (prepare)
    prepare(*around_);
}

small_node::~small_node() {
  for (const auto& actor : actors_)
    caf::anon_send(actor, shut_down{});
  actors_.clear();
  unit_->drain();
  around_.reset();
}

shared_chain small_node::chain_of(const std::vector<std::string>& names, bool mailboxes) {
  auto made = std::make_shared<chain>();
  const auto options = std::make_shared<const config::options>(options_);
  for (const auto& name : names) {
    actors_.push_back(spawn_on<step_supervisor>(*unit_, *around_, 0, *around_->steps.find(name), options));
    auto& post = *static_cast<step_supervisor*>(caf::actor_cast<caf::abstract_actor*>(actors_.back()));
    made->settles = made->settles || post.traits().settles;
    made->posts.push_back(&post);
    if (mailboxes)
      made->posts.back() = wrapped_.emplace_back(std::make_unique<by_mailbox>(post)).get();
  }
  unit_->drain();
  return made;
}

std::unique_ptr<chains> small_node::chains_of(const config::options& options) {
  auto made = std::make_unique<chains>(*around_, 0);
  made->set(std::make_shared<const config::options>(options));
  unit_->drain();
  return made;
}

} // namespace troupe::chain_bench
