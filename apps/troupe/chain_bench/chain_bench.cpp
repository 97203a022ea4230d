#include "apps/troupe/chain_bench/chain_bench.hpp"

#include "actors/fanout_table.hpp"
#include "actors/middleware/built_in.hpp"
#include "actors/middleware/gate.hpp"
#include "actors/middleware/line_writer.hpp"
#include "actors/middleware/step_supervisor.hpp"
#include "actors/services.hpp"
#include "storage/memory_log.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace troupe::chain_bench {

namespace {

using namespace actors;

/// Jobs run when `drain` is called, as an I/O thread runs them in its next turn.
class run_queue final : public caf::execution_unit {
public:
  explicit run_queue(caf::actor_system& system) : caf::execution_unit(&system) {}
  void exec_later(caf::resumable* job) override { jobs_.push_back(job); }

  void drain() {
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

private:
  std::vector<caf::resumable*> jobs_;
  std::vector<caf::resumable*> running_;
};

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

/// What a chain needs of a node, and nothing else.
class small_node {
public:
  small_node() {
    config_.set("scheduler.max-threads", 1);
    options_.rate_limit = {0, 1, 0, 1, 0, 1};
    options_.moderate.words = {"unspeakable", "two words"};
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
  }

  ~small_node() {
    for (const auto& actor : actors_)
      caf::anon_send(actor, shut_down{});
    actors_.clear();
    unit_->drain();
    around_.reset();
  }
  small_node(const small_node&) = delete;
  small_node& operator=(const small_node&) = delete;

  shared_chain chain_of(const std::vector<std::string>& names, bool mailboxes) {
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

  run_queue& unit() noexcept { return *unit_; }

private:
  static time_ms now() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
  }
  static void draw(unsigned char* to, std::size_t bytes) { std::fill_n(to, bytes, static_cast<unsigned char>(7)); }

  config::options options_;
  config::room_patterns patterns_{options_.rooms};
  storage::memory_log memory_;
  resume_tokens tokens_{{}, 1'000};
  actor_counters counters_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::unique_ptr<run_queue> unit_;
  std::unique_ptr<services> around_;
  std::vector<step_actor> actors_;
  std::vector<std::unique_ptr<by_mailbox>> wrapped_;
};

/// Where messages come out: the room would be told here.
struct end_of_chain final : passage_end {
  std::uint64_t through = 0;
  actors::gate gate;
  void passed(passage& what) override {
    ++through;
    gate.left(what);
  }
  void refused(passage&, protocol::server::error) override {}
  void answered(passage&, to_connection::news) override {}
  void broke(passage&) override {}
};

double ns_per_message(small_node& node, const shared_chain& through, std::uint32_t messages) {
  end_of_chain end;
  requester by{1, 0, {"ann", nullptr}, {0, 1, 0}, {0, 1, 0}};
  protocol::client::send send;
  send.room = "support/4711";
  send.cid = "01HF7YAT00000000000000000A";
  send.body = "Has anybody seen the keys of the meeting room? They are not where they should be.";
  std::vector<protocol::request> requests;
  for (std::uint32_t i = 0; i < messages; ++i) {
    send.id = i + 1;
    requests.emplace_back(send);
  }
  const auto began = std::chrono::steady_clock::now();
  for (std::uint32_t i = 0; i < messages; ++i) {
    end.gate.enter(passage_ptr{new passage{endpoint::ws, std::move(requests[i]), by, end, through, 1}});
    node.unit().drain();
    end.gate.answered(i + 1, {outcome::kind::ok, std::nullopt});
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  if (end.through != messages)
    throw std::runtime_error("a message did not come through");
  return took.count() / messages;
}

} // namespace

std::vector<series> measure(const settings& how) {
  small_node node;
  const std::vector<std::string> six{"access_log", "authenticate", "authorize", "rate_limit", "validate", "moderate"};
  const std::vector<std::string> empty{"empty 1", "empty 2", "empty 3", "empty 4", "empty 5", "empty 6"};
  struct way {
    std::string name;
    shared_chain through;
  };
  const std::vector<way> ways{{"no steps", node.chain_of({}, false)},
                              {"1 step (authenticate)", node.chain_of({"authenticate"}, false)},
                              {"6 steps, inline", node.chain_of(six, false)},
                              {"6 steps, inline, again", node.chain_of(six, false)},
                              {"6 steps, by mailbox", node.chain_of(six, true)},
                              {"6 empty steps, inline", node.chain_of(empty, false)},
                              {"6 empty steps, by mailbox", node.chain_of(empty, true)}};
  std::vector<series> all;
  for (const auto& one : ways) {
    ns_per_message(node, one.through, std::min<std::uint32_t>(how.messages, 2'000)); // Warm.
    all.push_back({one.name, {}});
  }
  for (std::uint32_t round = 0; round < how.rounds; ++round)
    for (std::size_t i = 0; i < ways.size(); ++i) {
      const auto turn = (i + round) % ways.size();
      all[turn].ns.push_back(ns_per_message(node, ways[turn].through, how.messages));
    }
  return all;
}

} // namespace troupe::chain_bench
