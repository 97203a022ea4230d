#include "tests/support/simulated_person.hpp"

#include <algorithm>
#include <utility>

namespace troupe::tests {

namespace {

constexpr std::int64_t year_2023_ms = 1'700'000'000'000;
constexpr std::size_t unsent_max = 6;

client::session_options options_of(stage& world, const std::string& user) {
  client::session_options options;
  options.user = user;
  options.sdk = "simulation";
  options.backoff_first_ms = 50;
  options.backoff_most_ms = 1'000;
  options.history = 20;
  options.page = 20;
  options.random = [&world] { return world.chance(); };
  options.wall_clock = [&world] { return year_2023_ms + world.when.now(); };
  return options;
}

} // namespace

simulated_person::simulated_person(surroundings around, std::string user, std::string device,
                                   std::vector<std::string> rooms, bool joins)
  : world_(around.world), around_(std::move(around)), user_(std::move(user)), device_(std::move(device)),
    rooms_(std::move(rooms)), joins_(joins), core_(options_of(world_, user_), *this) {}

simulated_person::~simulated_person() { drop(); }

// -- what it does ----------------------------------------------------------------------------------

void simulated_person::starts() {
  if (joins_)
    for (const auto& room : rooms_)
      core_.join(room, now());
  core_.start(now());
  perform();
}

void simulated_person::lives() {
  lives_ = true;
  world_.when.after(world_.chance.between(50, 1'500), [this] {
    if (!lives_)
      return;
    act();
    lives();
  });
}

void simulated_person::calms_down() {
  lives_ = false;
  if (socket_)
    socket_->reads(true);
  if (joins_)
    for (const auto& room : rooms_)
      if (!core_.where(room) || !core_.joined(room))
        core_.join(room, now());
  perform();
}

void simulated_person::goes() {
  world_.trace("{} goes", device_);
  lives_ = false;
  gone_ = true;
  core_.stop();
  perform();
}

void simulated_person::act() {
  const auto room = world_.chance.any_of(rooms_);
  const auto pick = world_.chance.below(100);
  if (pick < 70 || !joins_) {
    if (core_.unsent().size() < unsent_max)
      says(room);
  } else if (pick < 78) {
    names_target(room);
  } else if (pick < 81) {
    core_.typing(room, now());
  } else if (pick < 84) {
    if (const auto at = core_.where(room))
      core_.mark(room, at->seq, now());
  } else if (pick < 87) {
    leaves_for_a_while(room);
  } else if (pick < 90) {
    stops_reading_for_a_while();
  } else if (pick < 94) {
    cuts();
  } else if (pick < 97) {
    core_.ask_page(room, core_.where(room) ? std::optional{core_.where(room)->seq + 1} : std::nullopt, 10);
  } else {
    core_.ask_presence(room);
  }
  perform();
}

void simulated_person::says(const std::string& room, const std::string& what) {
  auto body = what.empty() ? fmt::format("{} {}", device_, ++said_) : what;
  world_.trace("{} says \"{}\" in {}", device_, body, room);
  core_.send({.room = room, .body = std::move(body)}, now());
  perform();
}

bool simulated_person::moderates(protocol::client::moderate what) {
  world_.trace("{} orders in {}: {} {}", device_, what.room, what.action, what.user.value_or("-"));
  const bool goes_out = core_.moderate(std::move(what), now());
  perform();
  return goes_out;
}

/// An edit, a reaction or a deletion of something that may be its own.
void simulated_person::names_target(const std::string& room) {
  const auto at = core_.where(room);
  if (!at || at->seq == 0 || core_.unsent().size() >= unsent_max)
    return;
  static constexpr const char* kinds[] = {"edit", "reaction", "delete"};
  protocol::client::send what;
  what.room = room;
  what.kind = kinds[world_.chance.below(3)];
  what.target = static_cast<protocol::seq_t>(world_.chance.between(1, static_cast<std::int64_t>(at->seq)));
  what.body = what.kind == "delete" ? "" : fmt::format("+{}", ++said_);
  core_.send(std::move(what), now());
}

void simulated_person::leaves_for_a_while(const std::string& room) {
  world_.trace("{} leaves {}", device_, room);
  core_.leave(room, world_.chance.one_in(4), now());
  world_.when.after(world_.chance.between(100, 4'000), [this, room] {
    core_.join(room, now());
    perform();
  });
}

void simulated_person::stops_reading_for_a_while() {
  if (!socket_)
    return;
  world_.trace("{} stops reading", device_);
  socket_->reads(false);
  world_.when.after(world_.chance.between(200, 4'000), [which = socket_] { which->reads(true); });
}

void simulated_person::cuts() {
  if (!socket_)
    return;
  world_.trace("the connection of {} is cut", device_);
  socket_->cut();
}

// -- what it hears ---------------------------------------------------------------------------------

void simulated_person::on_joined(const protocol::server::joined& what) {
  roles_[what.room] = what.me.role;
  if (what.presence)
    present_[what.room] = {what.presence->version, {what.presence->users.begin(), what.presence->users.end()}, false};
}

void simulated_person::on_left(const std::string& room, const std::string& why) {
  world_.trace("{} is out of {}: {}", device_, room, why);
  refusals_.push_back(why);
  present_.erase(room);
  // Another device of the user left for all of them, or the room would not have it: this one comes again.
  world_.when.after(world_.chance.between(100, 2'000), [this, room] {
    core_.join(room, now());
    perform();
  });
}

void simulated_person::on_sent(const client::receipt& what) {
  ++acked_;
  world_.trace("{} has its ack: {} {}", device_, what.room, what.seq);
}

void simulated_person::on_refused(const protocol::client::send& what, const protocol::server::error& why) {
  world_.trace("{} was refused in {}: {}", device_, what.room, why.message);
  refusals_.push_back(why.message);
}

void simulated_person::on_presence(const protocol::server::presence& what) {
  auto& known = present_[what.room];
  world_.trace("{} hears of presence in {}: version {} after {}, {}", device_, what.room, what.version, known.version,
               what.users ? "everybody" : "a change");
  if (what.users) {
    known = {what.version, {what.users->begin(), what.users->end()}, false};
    return;
  }
  if (what.version != known.version + 1) {
    known.asking = true;
    core_.ask_presence(what.room);
    return;
  }
  known.version = what.version;
  if (what.leave)
    for (const auto& gone : *what.leave)
      known.users.erase(gone.user);
  if (what.join)
    known.users.insert(what.join->begin(), what.join->end());
}

std::optional<std::set<std::string>> simulated_person::present_in(const std::string& room) const {
  const auto known = present_.find(room);
  return known == present_.end() || known->second.asking ? std::nullopt : std::optional{known->second.users};
}

std::string simulated_person::role_in(const std::string& room) const {
  const auto known = roles_.find(room);
  return known == roles_.end() ? std::string{} : known->second;
}

std::string simulated_person::state() const {
  auto text = fmt::format("{}: state {}, {} un-acked", device_, static_cast<int>(core_.state()), unsent());
  for (const auto& room : rooms_) {
    const auto at = core_.where(room);
    text += fmt::format(", {} at {}{}", room, at ? std::to_string(at->seq) : "?",
                        !joins_ || core_.caught_up(room) ? "" : " (behind)");
  }
  return text;
}

// -- the socket ------------------------------------------------------------------------------------

void simulated_person::perform() {
  if (std::exchange(performing_, true))
    return;
  for (auto actions = core_.take_actions(); !actions.empty(); actions = core_.take_actions())
    for (auto& one : actions) {
      if (std::holds_alternative<client::open_connection>(one)) {
        open();
      } else if (std::holds_alternative<client::drop_connection>(one)) {
        drop();
      } else if (socket_) {
        const auto& request = std::get<client::transmit>(one).what;
        if (*seen_)
          (*seen_)->sending(request);
        std::string frame;
        std::visit([&](const auto& what) { protocol::encode_json(frame, what); }, request);
        if (const auto id = client::id_of(request))
          unanswered_[*id] = frame;
        socket_->transmit(std::move(frame));
      }
    }
  performing_ = false;
  const auto at = core_.wakes_at();
  if (!at || (tick_at_ && *tick_at_ <= *at))
    return;
  tick_at_ = std::max(*at, now() + 1);
  world_.when.at(*tick_at_, [this, mine = *tick_at_] {
    if (tick_at_ != mine)
      return;
    tick_at_.reset();
    core_.tick(now());
    perform();
  });
}

void simulated_person::open() {
  drop();
  unanswered_.clear();
  seen_ = std::make_shared<std::optional<checker::observed_connection>>();
  const auto mine = std::make_shared<std::weak_ptr<simulated_socket>>();
  const auto is_current = [this, mine] { return socket_ && socket_ == mine->lock(); };
  simulated_socket::callbacks tell;
  tell.opened = [this, is_current, seen = seen_] {
    seen->emplace(around_.record, device_, user_);
    if (is_current()) {
      core_.opened(now());
      perform();
    }
  };
  tell.received = [this, is_current, seen = seen_](const protocol::push& what) {
    if (!is_current() || !*seen)
      return;
    (*seen)->received(what);
    if (const auto* error = std::get_if<protocol::server::error>(&what))
      world_.trace("{} is told, of request {}: {}", device_, error->re.value_or(0), error->message);
    if (const auto re = client::answers(what))
      unanswered_.erase(*re);
    core_.received(what, now());
    perform();
  };
  tell.lost = [this, is_current, seen = seen_](const client::loss& how) {
    if (!is_current())
      return;
    if (*seen)
      (*seen)->lost(std::to_string(how.code));
    world_.trace("{} loses its connection: {} {}", device_, how.code, how.reason);
    socket_.reset();
    core_.lost(how, now());
    perform();
  };
  socket_ = simulated_socket::open(world_, around_.finds_node(), std::move(tell));
  *mine = socket_;
}

void simulated_person::drop() {
  if (const auto last = std::exchange(socket_, nullptr)) {
    last->drop_by_client();
    if (*seen_)
      (*seen_)->lost("dropped");
  }
}

} // namespace troupe::tests
