#include "actors/room.hpp"

#include "actors/recording/tape_writer.hpp"
#include "protocol/chain.hpp"
#include "storage/faults.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>

namespace troupe::actors {

namespace {

room_snapshot empty_room(std::string name, const config::options& options) {
  room_snapshot start;
  start.room = std::move(name);
  start.asks_creation = options.session.rooms_created_per_hour_max > 0;
  return start;
}

/// Raw entries as the records they were; the chain is recomputed from where the page starts.
std::vector<storage::record> records_of(const storage::page_result& page) {
  std::vector<storage::record> records;
  auto chain = page.prev;
  for (const auto& e : page.entries) {
    storage::record r;
    r.seq = e.seq;
    r.time = e.time;
    r.user = e.from;
    r.cid = e.cid;
    r.kind = e.kind;
    r.body = e.body.value_or("");
    r.salt = e.salt ? protocol::salt_from_hex(*e.salt).value_or(storage::salt_bytes{}) : storage::salt_bytes{};
    r.redacted = e.digest.has_value();
    r.digest = e.digest ? protocol::digest_from_hex(*e.digest).value_or(storage::digest_bytes{})
                        : protocol::body_digest(r.salt, r.body);
    r.reply_to = e.reply_to.value_or(0);
    r.target = e.target.value_or(0);
    chain = protocol::chain_next(chain, {r.seq, r.time, r.user, r.cid, r.kind, r.reply_to, r.target, r.digest});
    r.chain = chain;
    records.push_back(std::move(r));
  }
  return records;
}

protocol::server::error cannot_read(std::optional<request_id> re) {
  auto why = refusal(protocol::code::store_unavailable, "the log cannot be read now: try again", protocol::retry::same);
  why.re = re;
  return why;
}

protocol::server::error too_many_read(std::optional<request_id> re) {
  auto why = refusal(protocol::code::overloaded, "too many wait for history from this node: try again a little later",
                     protocol::retry::after, 1'000);
  why.re = re;
  return why;
}

} // namespace

room::room(caf::actor_config& config, actor_unit& unit, services& around, std::string name,
           const config::room_policy& policy, storage::term_t term, guardian_actor guardian, relay_actor local_relay)
  : unit_actor(config, unit), around_(around), policy_(policy), log_(around.log_for(policy)), term_(term),
    guardian_(std::move(guardian)), relay_(std::move(local_relay)),
    core_(std::in_place, empty_room(std::move(name), around.options), policy, around.options.room.mailbox_max) {
  if (around_.tapes)
    tape_ = around_.tapes->begin(core_->snapshot(), policy_, around.options.room.mailbox_max, around_.now());
}

room::behavior_type room::make_behavior() {
  return {
    [this](to_room::command& what) { take(std::move(what)); },
    [this](const new_relay& what) { relay_ = caf::actor_cast<relay_actor>(what.relay); },
    [this](const alarm_rang& what) {
      if (alarm_.rang(*this, what, around_.now()))
        take(to_room::wake{});
    },
    [this](const survey_room& what) { report(what); },
  };
}

void room::on_exit() {
  if (tape_ != 0)
    around_.tapes->end(tape_);
  guardian_ = nullptr;
  relay_ = nullptr;
  core_.reset(); // An alarm that was set holds the actor until it rings.
}

// -- folding -------------------------------------------------------------------------------

void room::take(to_room::command what) {
  if (!given_up_ && !around_.may_serve())
    give_up();
  if (given_up_)
    return;
  folding_ = true;
  fold(std::move(what));
  while (!inbox_.empty()) {
    auto next = std::move(inbox_.front());
    inbox_.pop_front();
    fold(std::move(next));
  }
  folding_ = false;
}

void room::fold(to_room::command what) {
  if (const auto* sent = std::get_if<to_room::submit>(&what);
      sent && storage::planted(storage::plant::room_throws) && sent->body.find("kaboom") != std::string::npos)
    throw std::runtime_error("kaboom");
  const auto now = around_.now();
  if (std::holds_alternative<to_room::appended>(what) && committing_since_us_ != 0)
    commits_.add(steady_us() - std::exchange(committing_since_us_, 0), now);
  if (tape_ != 0)
    around_.tapes->command(tape_, what, now);
  auto effects = core_->apply(std::move(what), now);
  if (tape_ != 0)
    around_.tapes->effects(tape_, effects);
  for (auto& effect : effects)
    std::visit([this](auto& one) { carry_out(one); }, effect);
}

/// What the log calls with its answer, from whichever thread.
std::function<void(to_room::command)> room::answer_to_me() {
  return [this, self = caf::actor_cast<room_actor>(this), home = std::this_thread::get_id()](to_room::command what) {
    if (std::this_thread::get_id() == home && folding_)
      inbox_.push_back(std::move(what));
    else
      caf::anon_send(self, std::move(what));
  };
}

// -- relays ----------------------------------------------------------------------------------

void room::count(const from_room::news& what) {
  if (const auto* published = std::get_if<from_room::published>(&what); published && !published->refill)
    around_.counters.messages.fetch_add(published->records.size(), std::memory_order_relaxed);
  else if (std::holds_alternative<from_room::refused>(what))
    around_.counters.refused.fetch_add(1, std::memory_order_relaxed);
  else if (std::holds_alternative<from_room::repeated>(what))
    around_.counters.repeated.fetch_add(1, std::memory_order_relaxed);
}

relay_address room::relay_named(const std::string& name) const {
  if (name == around_.options.node)
    return relay_address{relay_};
  const auto& peers = *around_.peers[around_.unit_of(core_->name())];
  const auto there = peers.find(name);
  return there == peers.end() ? relay_address{} : relay_address{there->second, core_->name(), term_};
}

/// To all relays: those of other nodes share one encoded item.
void room::carry_out(room_does::tell& what) {
  count(what.what);
  if (!what.relay.empty())
    return relay_named(what.relay).tell(std::move(what.what));
  const auto& peers = *around_.peers[around_.unit_of(core_->name())];
  shared_item encoded;
  bool here = false;
  for (const auto& [name, state] : core_->relays()) {
    if (name == around_.options.node) {
      here = true;
      continue;
    }
    const auto there = peers.find(name);
    if (there == peers.end())
      continue;
    if (!encoded)
      encoded = encode_item(for_relay{core_->name(), term_, what.what});
    send(there->second.link, encoded);
  }
  if (here)
    send(relay_, to_relay::command{to_relay::heard{std::move(what.what)}});
}

void room::report(const survey_room& what) const {
  const auto& sequence = core_->sequence();
  sequencer_health health;
  health.mailbox_wait_us = what.waited_us();
  health.term = term_;
  health.epoch = sequence.epoch;
  health.head = sequence.head;
  health.members = static_cast<std::uint32_t>(core_->members());
  for (const auto& [name, relay] : core_->relays())
    health.relays.push_back({name, static_cast<std::uint32_t>(relay.members.size())});
  health.waiting = static_cast<std::uint32_t>(sequence.queue.size());
  health.committing = static_cast<std::uint32_t>(sequence.committing.size());
  if (committing_since_us_ != 0)
    health.committing_us = static_cast<std::uint64_t>(steady_us() - committing_since_us_);
  health.commit = commits_.summary(around_.now());
  what.into->report.sequencer = std::move(health);
}

// -- the log -----------------------------------------------------------------------------------

void room::carry_out(room_does::open& what) {
  unsigned char random[8];
  around_.draw(random, sizeof random);
  storage::opening opening;
  opening.room = core_->name();
  opening.term = term_;
  opening.fresh_epoch = protocol::to_hex(random);
  opening.recent = what.recent;
  opening.ring = policy_.ring_count;
  log_.open(std::move(opening),
            [answer = answer_to_me()](storage::open_result result) { answer(to_room::opened{std::move(result)}); });
}

void room::carry_out(room_does::commit& what) {
  committing_since_us_ = steady_us();
  storage::run run;
  run.room = core_->name();
  run.term = term_;
  run.epoch = what.epoch;
  run.records = std::move(what.records);
  run.change = std::move(what.change);
  run.push = policy_.push || core_->name().starts_with("dm:");
  log_.append(std::move(run), [answer = answer_to_me(), &log = log_](storage::append_result result) {
    answer(to_room::appended{std::move(result), log.run_records_wanted()});
  });
}

void room::carry_out(room_does::look_up& what) {
  log_.find(core_->name(), what.seq, [answer = answer_to_me(), seq = what.seq](storage::find_result result) {
    answer(to_room::found{seq, std::move(result)});
  });
}

void room::carry_out(room_does::prune& what) {
  storage::prune prune{core_->name(), term_, what.keep_count, what.older_than, what.floor};
  log_.prune_room(std::move(prune),
                  [answer = answer_to_me()](storage::prune_result result) { answer(to_room::pruned{result}); });
}

void room::save(storage::member_row row, bool forget, std::uint32_t user_rooms_max,
                storage::done<storage::status> then) {
  log_.change_member({core_->name(), term_, std::move(row), forget, user_rooms_max}, std::move(then));
}

void room::carry_out(room_does::save_member& what) {
  if (!what.asked)
    return save(
      std::move(what.row), what.forget, 0, [&warn = around_.warn, room = core_->name()](storage::status status) {
        // A fenced room ends, and an overload is counted by the log.
        if (status != storage::status::ok && status != storage::status::fenced && status != storage::status::overloaded)
          warn("a belonging or a mark in room " + room + " could not be stored; it is kept in memory only");
      });
  auto& asked = *what.asked;
  to_room::not_belonging failed{asked.relay, asked.connection, std::move(asked.user), asked.re, what.forget, {}};
  save(std::move(what.row), what.forget, 0,
       [relay = relay_named(asked.relay), answer = answer_to_me(), failed](storage::status status) mutable {
         failed.why = status;
         if (status != storage::status::ok)
           answer(std::move(failed));
         else if (failed.re)
           relay.tell(from_room::answered{failed.connection, protocol::server::ok{*failed.re}});
       });
}

void room::carry_out(room_does::read_for_join& what) {
  const auto relay = relay_named(what.relay);
  if (!what.belongs)
    return read_for_join(log_, relay, std::move(what));
  auto row = std::move(*what.belongs);
  what.belongs.reset();
  to_room::not_belonging failed{what.relay, what.skeleton.connection, row.user, what.skeleton.answer.re, false, {}};
  const auto shared = std::make_shared<room_does::read_for_join>(std::move(what));
  save(std::move(row), false, around_.options.session.rooms_per_user_max,
       [&log = log_, relay, shared, answer = answer_to_me(), failed](storage::status status) mutable {
         failed.why = status;
         if (status == storage::status::ok)
           read_for_join(log, relay, std::move(*shared));
         else
           answer(std::move(failed));
       });
}

/// May run on a thread of the log. Without a page it is large too: presence is in it. Who joins without a number could
/// not be told of a refusal.
void room::read_for_join(storage::message_log& log, const relay_address& relay_of_member,
                         room_does::read_for_join what) {
  const auto shared = std::make_shared<room_does::read_for_join>(std::move(what));
  const auto& joined = shared->skeleton;
  const auto read = [&log, shared](const relay_address& relay) { read_page_for_join(log, relay, std::move(*shared)); };
  if (!relay_of_member.when_it_takes_pages(read, joined.answer.re.has_value()))
    relay_of_member.tell(from_room::answered{joined.connection, too_many_read(joined.answer.re)});
}

void room::read_page_for_join(storage::message_log& log, const relay_address& relay_of_member,
                              room_does::read_for_join what) {
  if (what.query.limit == 0 || what.skeleton.answer.head == 0)
    return relay_of_member.tell(std::move(what.skeleton));
  const auto after = what.query.after;
  auto anew = what.query;
  log.page(std::move(what.query), [&log, relay = relay_of_member, after, anew = std::move(anew),
                                   joined = std::move(what.skeleton)](storage::page_result page) mutable {
    if (page.status != storage::status::ok)
      return relay.tell(from_room::answered{joined.connection, cannot_read(joined.answer.re)});
    auto& answer = joined.answer;
    answer.min = std::max(answer.min, page.min);
    if (after && page.min > *after + 1) { // It was pruned since the room looked.
      answer.recovered = false;
      anew.after.reset();
      anew.before = answer.head + 1;
      return read_page_for_join(log, relay, {"", std::move(joined), std::move(anew), std::nullopt});
    }
    answer.messages = std::move(page.entries);
    const auto last = answer.messages.empty() ? 0 : answer.messages.back().seq;
    answer.more = after ? last < answer.head : page.more;
    relay.tell(std::move(joined));
  });
}

void room::carry_out(room_does::read_for_fetch& what) {
  const auto asks = relay_named(what.relay);
  const bool taken = asks.when_it_takes_pages([&log = log_, what](const relay_address& relay) {
    log.page(what.query, [relay, connection = what.connection, re = what.re, epoch = what.epoch,
                          room = what.query.room](storage::page_result page) {
      from_room::answered answer{connection, {}};
      if (page.status == storage::status::ok)
        answer.answer = protocol::server::page{
          re, room, epoch, std::move(page.entries), page.more, page.min, protocol::to_hex(page.prev)};
      else
        answer.answer = cannot_read(re);
      relay.tell(std::move(answer));
    });
  });
  if (!taken)
    asks.tell(from_room::answered{what.connection, too_many_read(what.re)});
}

void room::carry_out(room_does::read_for_refill& what) {
  storage::page_query query;
  query.room = core_->name();
  query.after = what.after;
  query.up_to = what.up_to;
  query.limit = 200;
  query.raw = true;
  log_.page(std::move(query), [relay = relay_named(what.relay), epoch = what.epoch,
                               durable = policy_.durability](const storage::page_result& page) {
    if (page.status == storage::status::ok)
      relay.tell(from_room::published{epoch, durable, records_of(page), true});
  });
}

// -- others --------------------------------------------------------------------------------------

void room::carry_out(room_does::notify& what) {
  const auto shared = std::make_shared<const room_does::notify>(std::move(what));
  for (const auto& guardian : around_.guardians)
    send(guardian, notify_users{core_->name(), shared});
  const auto& peers = *around_.peers[around_.unit_of(core_->name())];
  if (peers.empty())
    return;
  const auto encoded = encode_item(for_users{core_->name(), shared->seq, shared->from, shared->users});
  for (const auto& [node, peer] : peers)
    send(peer.link, encoded);
}

void room::carry_out(room_does::wake_at& what) { alarm_.set(*this, what.time, around_.now()); }

void room::carry_out(room_does::passivate&) { send(guardian_, idle_room{core_->name()}); }

void room::carry_out(room_does::retire&) { give_up(); }

void room::carry_out(room_does::ask_creation& what) {
  const auto after_ms =
    around_.creations.take(what.user, around_.options.session.rooms_created_per_hour_max, around_.now());
  answer_to_me()(to_room::creation{std::move(what.user), after_ms});
}

void room::give_up() {
  given_up_ = true;
  send(guardian_, lost_room{core_->name(), term_});
}

} // namespace troupe::actors
