#include "tests/support/simulation.hpp"

#include "actors/middleware/built_in.hpp"
#include "protocol/chain.hpp"
#include "protocol/names.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace troupe::tests {

static std::array<bool, 16> bugs{}; // by the number of the plant

void plant_bug(storage::plant what, bool on) { bugs[static_cast<std::size_t>(what)] = on; }

} // namespace troupe::tests

namespace troupe::storage {

bool planted(plant what) noexcept { return tests::bugs[static_cast<std::size_t>(what)]; }
void reached(crash_point) noexcept {}

} // namespace troupe::storage

namespace troupe::tests {

// -- the log -----------------------------------------------------------------------------------

void slow_log::later(const std::string& room, std::function<void()> what) { queues_[room].push_back(std::move(what)); }

void slow_log::step(std::mt19937& random) {
  auto i = queues_.begin();
  std::advance(i, static_cast<std::ptrdiff_t>(random() % queues_.size()));
  const auto work = std::move(i->second.front());
  i->second.pop_front();
  if (i->second.empty())
    queues_.erase(i);
  work();
}

void slow_log::open(storage::opening what, storage::done<storage::open_result> then) {
  const auto room = what.room;
  later(room, [this, what = std::move(what), then = std::move(then)] { inner_.open(what, then); });
}

void slow_log::append(storage::run what, storage::done<storage::append_result> then) {
  const auto fate = std::exchange(next_, mishap::none);
  const auto room = what.room;
  later(room, [this, fate, what = std::move(what), then = std::move(then)] {
    if (fate == mishap::full)
      return then({storage::status::full, {}});
    if (fate == mishap::lost_before)
      return then({storage::status::unknown, {}});
    inner_.append(what, [&](storage::append_result result) {
      if (fate == mishap::lost_after)
        result = {storage::status::unknown, {}};
      then(std::move(result));
    });
  });
}

void slow_log::page(storage::page_query what, storage::done<storage::page_result> then) {
  // Reads have connections of their own: they do not wait for the room's writes.
  later(what.room + "\nread", [this, what, then = std::move(then)] { inner_.page(what, then); });
}

void slow_log::find(std::string room, storage::seq_t seq, storage::done<storage::find_result> then) {
  const auto fate = std::exchange(next_find_, storage::status::ok);
  later(room + "\nread", [this, fate, room, seq, then = std::move(then)] {
    if (fate != storage::status::ok)
      return then({fate, {}});
    inner_.find(room, seq, then);
  });
}

void slow_log::change_member(storage::member_change what, storage::done<storage::status> then) {
  const auto fate = std::exchange(next_change_, storage::status::ok);
  const auto room = what.room;
  later(room, [this, fate, what = std::move(what), then = std::move(then)] {
    if (fate != storage::status::ok)
      return then(fate);
    inner_.change_member(what, then);
  });
}

void slow_log::prune_room(storage::prune what, storage::done<storage::prune_result> then) {
  const auto room = what.room;
  later(room, [this, what = std::move(what), then = std::move(then)] { inner_.prune_room(what, then); });
}

void slow_log::inbox(storage::inbox_query what, storage::done<storage::inbox_result> then) {
  later("\ninbox", [this, what = std::move(what), then = std::move(then)] { inner_.inbox(what, then); });
}

// -- a client ------------------------------------------------------------------------------------

sim_client::sim_client(simulation& world, std::string user) : world_(world), user_(std::move(user)) {}

template <class Request>
void sim_client::say(const Request& what) {
  std::string frame;
  protocol::encode_json(frame, what);
  says(frame);
}

void sim_client::says(const std::string& frame) {
  if (events_)
    events_->received(frame);
}

void sim_client::joins(const std::string& room, std::optional<protocol::position> since) {
  protocol::client::join join;
  join.id = next_id_++;
  join.room = room;
  since_.erase(room);
  if (since)
    since_[room] = since->seq;
  join.since = std::move(since);
  say(join);
}

void sim_client::leaves(const std::string& room, bool forget) {
  last_seq_.erase(room);
  paused_.erase(room);
  say(protocol::client::leave{next_id_++, room, forget});
}

std::string sim_client::new_cid() {
  unsigned char random[10];
  for (auto& byte : random)
    byte = static_cast<unsigned char>(world_.random()());
  return protocol::make_ulid(world_.now(), random);
}

std::string sim_client::sends(const std::string& room, const std::string& body, std::string cid) {
  protocol::client::send send;
  send.id = next_id_++;
  send.room = room;
  send.cid = cid.empty() ? new_cid() : std::move(cid);
  send.body = body;
  bodies_[send.cid] = body;
  say(send);
  return send.cid;
}

void sim_client::fetches(const std::string& room, protocol::seq_t after, std::uint32_t limit) {
  protocol::client::fetch fetch;
  fetch.id = next_id_++;
  fetch.room = room;
  fetch.after = after;
  fetch.limit = limit;
  say(fetch);
}

void sim_client::catches_up(const std::string& room, std::uint32_t limit) {
  const auto under_way =
    std::any_of(catching_up_.begin(), catching_up_.end(), [&](const auto& page) { return page.second == room; });
  if (!paused(room) || under_way)
    return;
  catching_up_.emplace(next_id_, room);
  fetches(room, last_seq_[room], limit);
}

void sim_client::hangs_up() {
  if (auto* events = std::exchange(events_, nullptr))
    events->closed(actors::ending::by_peer);
}

void sim_client::close(protocol::close_code why, std::string_view) {
  closed_ = why;
  closing_ = true;
}

void sim_client::drop() {
  closed_ = closed_.value_or(protocol::close_code::going_away);
  events_ = nullptr;
}

void sim_client::flush() {
  awake_ = false;
  std::vector<actors::shared_frame> frames;
  events_->take(frames, 256 * 1024);
  for (const auto& frame : frames) {
    const auto decoded = protocol::decode_server_json(frame->payload());
    if (const auto* push = std::get_if<protocol::push>(&decoded))
      hear(*push);
    else
      complaints_.push_back("a frame that is none: " + std::get<protocol::decode_failure>(decoded).message);
  }
  if (closing_)
    hangs_up();
}

void sim_client::hear(const protocol::push& what) {
  heard_.push_back(what);
  const auto next = [&](const std::string& room, protocol::seq_t seq, const char* kind) {
    const auto last = last_seq_.find(room);
    if (last == last_seq_.end())
      return;
    if (seq != last->second + 1)
      complaints_.push_back(user_ + ": " + kind + " " + std::to_string(seq) + " after " + std::to_string(last->second) +
                            " in " + room);
    last->second = std::max(last->second, seq);
  };
  if (const auto* joined = std::get_if<protocol::server::joined>(&what)) {
    const auto since = since_.find(joined->room);
    const bool forward = joined->more && joined->recovered && since != since_.end();
    last_seq_[joined->room] = !forward                   ? joined->head
                              : joined->messages.empty() ? since->second
                                                         : joined->messages.back().seq;
    if (forward)
      paused_.insert(joined->room);
    else
      paused_.erase(joined->room);
    for (const auto& e : joined->messages)
      bodies_[e.cid] = e.body.value_or("");
  } else if (const auto* message = std::get_if<protocol::server::message>(&what)) {
    if (paused_.count(message->room))
      complaints_.push_back(user_ + ": a message after a gap in " + message->room);
    bodies_[message->cid] = message->body;
    next(message->room, message->seq, "message");
  } else if (const auto* ack = std::get_if<protocol::server::ack>(&what)) {
    const auto last = last_seq_.find(ack->room);
    const bool passed = last != last_seq_.end() && ack->seq <= last->second;
    if (!paused_.count(ack->room) && !(ack->dup && passed))
      next(ack->room, ack->seq, ack->dup ? "repeated ack" : "ack");
  } else if (const auto* gap = std::get_if<protocol::server::gap>(&what)) {
    paused_.insert(gap->room);
  } else if (const auto* page = std::get_if<protocol::server::page>(&what)) {
    catching_up_.erase(page->re);
    if (!paused_.count(page->room) || page->messages.empty())
      return;
    if (page->messages.front().seq != last_seq_[page->room] + 1)
      complaints_.push_back(user_ + ": a page that does not go on where the stream stopped in " + page->room);
    last_seq_[page->room] = page->messages.back().seq;
    for (const auto& e : page->messages)
      bodies_[e.cid] = e.body.value_or("");
    if (!page->more)
      paused_.erase(page->room);
  } else if (const auto* error = std::get_if<protocol::server::error>(&what); error && error->re) {
    catching_up_.erase(*error->re);
  }
}

std::map<protocol::seq_t, std::string> sim_client::stream(const std::string& room) const {
  std::map<protocol::seq_t, std::string> seen;
  for (const auto& push : heard_) {
    if (const auto* message = std::get_if<protocol::server::message>(&push); message && message->room == room)
      seen[message->seq] = message->body;
    if (const auto* ack = std::get_if<protocol::server::ack>(&push); ack && ack->room == room)
      if (const auto body = bodies_.find(ack->cid); body != bodies_.end())
        seen[ack->seq] = body->second;
    const auto entries = [&](const auto& messages) {
      for (const auto& e : messages)
        seen[e.seq] = e.body.value_or("");
    };
    if (const auto* joined = std::get_if<protocol::server::joined>(&push); joined && joined->room == room)
      entries(joined->messages);
    if (const auto* page = std::get_if<protocol::server::page>(&push); page && page->room == room)
      entries(page->messages);
  }
  return seen;
}

/// A node that owns everything.
actors::shared_view alone(const std::string& node) {
  actors::cluster_view view;
  view.version = 1;
  view.node = node;
  view.incarnation = 1;
  view.serving = true;
  view.nodes.push_back({{node, 1, {}, {}, {}, 1}, false});
  view.shards.assign(storage::shard_count, {node, 1, 1, {}});
  return std::make_shared<const actors::cluster_view>(std::move(view));
}

// -- the world --------------------------------------------------------------------------------------

simulation::simulation(std::uint32_t seed, options how)
  : random_(seed), how_(std::move(how)), patterns_([this] {
      for (auto& policy : how_.node.rooms)
        policy.durability = how_.on_disk ? protocol::durability::disk : protocol::durability::memory;
      return config::room_patterns(how_.node.rooms);
    }()) {
  config_.set("scheduler.policy", caf::atom("testing"));
  system_ = std::make_unique<caf::actor_system>(config_);
  services_ = std::unique_ptr<actors::services>(
    new actors::services{how_.node,
                         patterns_,
                         log_,
                         memory_,
                         tokens_,
                         [this] { return now_; },
                         [this](unsigned char* to, std::size_t bytes) {
                           for (std::size_t i = 0; i < bytes; ++i)
                             to[i] = static_cast<unsigned char>(random_());
                         },
                         [] { return true; },
                         [this](std::string_view line) { warnings_.emplace_back(line); },
                         counters_,
                         how_.tapes,
                         {},
                         {},
                         {},
                         {}});
  for (std::size_t i = 0; i < how_.io_threads; ++i) {
    units_.push_back(std::make_unique<seeded_unit>(*system_, jobs_));
    services_->units.push_back(units_.back().get());
  }
  actors::add_built_in_steps(services_->steps);
  if (how_.prepare)
    how_.prepare(*services_);
  node_.emplace(*services_);
  node_->see(alone(how_.node.node));
  settle();
}

simulation::~simulation() {
  for (auto& client : clients_)
    client->hangs_up();
  settle();
  node_->stop();
  settle();
  for (auto& client : clients_)
    client->keep_ = nullptr;
  clients_.clear();
  services_->guardians.clear();
  services_->fanouts.clear();
  settle();
  node_.reset();
  services_.reset();
  system_.reset();
}

sim_client& simulation::enters(const std::string& user, const std::map<std::string, protocol::position>& rooms,
                               bool reads) {
  clients_.push_back(std::make_unique<sim_client>(*this, user));
  auto& client = *clients_.back();
  client.stops_reading(!reads);
  auto made = node_->acceptor().attach(random_() % how_.io_threads, client, {"127.0.0.1", "simulation"});
  client.events_ = made.events;
  client.keep_ = std::move(made.keep);
  client.events_->opened();
  protocol::client::hello hello;
  hello.id = client.next_id_++;
  hello.user = user;
  for (const auto& [room, since] : rooms) {
    client.since_[room] = since.seq;
    hello.rooms.push_back({room, since.epoch, since.seq});
  }
  client.say(hello);
  settle();
  return client;
}

/// One thing happens: an actor handles a message, the log answers, or a socket is written.
bool simulation::step() {
  std::vector<sim_client*> flushable;
  for (const auto& client : clients_)
    if (client->wants_flush())
      flushable.push_back(client.get());
  const auto choices = jobs_.size() + (log_.waiting() ? 1 : 0) + flushable.size();
  if (choices == 0)
    return false;
  auto pick = random_() % choices;
  if (pick < jobs_.size()) {
    const auto [unit, job] = jobs_[pick];
    jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(pick));
    if (job->resume(unit, 1) == caf::resumable::resume_later)
      jobs_.emplace_back(unit, job);
    else
      caf::intrusive_ptr_release(job);
    return true;
  }
  pick -= jobs_.size();
  if (pick < flushable.size())
    flushable[pick]->flush();
  else
    log_.step(random_);
  return true;
}

void simulation::settle() {
  while (step()) {
  }
}

void simulation::reload(const config::options& options) {
  const auto shared = std::make_shared<const config::options>(options);
  for (const auto& chains : services_->chains_of)
    chains->set(shared);
}

void simulation::run_some(unsigned steps) {
  while (steps-- > 0 && step()) {
  }
}

std::size_t simulation::alarms() const {
  return static_cast<caf::scheduler::test_coordinator&>(system_->scheduler()).clock().schedule().size();
}

void simulation::pass(std::int64_t ms) {
  constexpr std::int64_t slice_ms = 100;
  auto& coordinator = static_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  for (std::int64_t passed = 0; passed < ms; passed += slice_ms) {
    const auto step_ms = std::min(slice_ms, ms - passed);
    now_ += step_ms;
    coordinator.advance_time(std::chrono::milliseconds(step_ms));
    for (const auto& client : clients_)
      if (client->events_)
        client->events_->tick(now_);
    settle();
  }
}

std::vector<std::string> simulation::complaints() const {
  std::vector<std::string> all;
  for (const auto& client : clients_)
    all.insert(all.end(), client->complaints().begin(), client->complaints().end());
  return all;
}

} // namespace troupe::tests
