#include "client/session.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

namespace troupe::client {
namespace {

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

session_options with_defaults(session_options options) {
  if (!options.random)
    options.random = [source = std::mt19937_64{std::random_device{}()}]() mutable { return source(); };
  if (!options.wall_clock)
    options.wall_clock = [] {
      return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
    };
  return options;
}

} // namespace

session::session(boost::asio::io_context& io, endpoint where, session_options options, session_events& events,
                 observe observer, connection_options connect)
  : session{io, std::vector{std::move(where)}, std::move(options), events, std::move(observer), std::move(connect)} {}

session::session(boost::asio::io_context& io, std::vector<endpoint> nodes, session_options options,
                 session_events& events, observe observer, connection_options connect)
  : io_{io}, nodes_{std::move(nodes)}, observer_{std::move(observer)}, connect_{std::move(connect)},
    core_{with_defaults(std::move(options)), events}, timer_{io}, self_{std::make_shared<session*>(this)} {}

session::~session() {
  *self_ = nullptr;
  drop();
}

template <class What>
auto session::with_core(What what) {
  if constexpr (std::is_void_v<decltype(what(std::int64_t{}))>) {
    what(steady_ms());
    perform();
  } else {
    auto result = what(steady_ms());
    perform();
    return result;
  }
}

void session::start() {
  with_core([&](auto now) { core_.start(now); });
}

void session::stop() {
  auto last = std::exchange(connection_, nullptr);
  with_core([&](auto) { core_.stop(); });
  if (last)
    last->close();
}

void session::join(const std::string& room) {
  with_core([&](auto now) { core_.join(room, now); });
}

void session::leave(const std::string& room, bool forget) {
  with_core([&](auto now) { core_.leave(room, forget, now); });
}

std::string session::send(protocol::client::send what) {
  return with_core([&](auto now) { return core_.send(std::move(what), now); });
}

bool session::moderate(protocol::client::moderate what) {
  return with_core([&](auto now) { return core_.moderate(std::move(what), now); });
}

void session::typing(const std::string& room) {
  with_core([&](auto now) { core_.typing(room, now); });
}

void session::mark(const std::string& room, seq_t read) {
  with_core([&](auto now) { core_.mark(room, read, now); });
}

void session::ask_presence(const std::string& room) {
  with_core([&](auto) { core_.ask_presence(room); });
}

void session::ask_rooms(const std::optional<std::string>& after) {
  with_core([&](auto) { core_.ask_rooms(after); });
}

void session::ask_page(const std::string& room, std::optional<seq_t> before, std::uint32_t limit) {
  with_core([&](auto) { core_.ask_page(room, before, limit); });
}

/// Carries out what the core asked for. Actions that arise meanwhile come behind.
void session::perform() {
  if (std::exchange(performing_, true))
    return;
  for (auto actions = core_.take_actions(); !actions.empty(); actions = core_.take_actions()) {
    for (auto& one : actions) {
      if (std::holds_alternative<open_connection>(one))
        open();
      else if (std::holds_alternative<drop_connection>(one))
        drop();
      else if (connection_)
        connection_->send(std::get<transmit>(one).what);
    }
  }
  performing_ = false;
  if (const auto at = core_.wakes_at()) {
    timer_.expires_after(std::chrono::milliseconds{std::max<std::int64_t>(0, *at - steady_ms())});
    timer_.async_wait([alive = self_](boost::system::error_code failed) {
      if (!failed && *alive)
        (*alive)->with_core([&](auto now) { (*alive)->core_.tick(now); });
    });
  } else {
    timer_.cancel();
  }
}

void session::open() {
  drop();
  watcher_ = observer_ ? observer_() : connection_events{};
  // A session that drops a connection must not hear of it later: each callback knows its own.
  auto current = std::make_shared<std::weak_ptr<connection>>();
  const auto mine = [alive = self_, current] {
    return *alive && (*alive)->connection_ && (*alive)->connection_ == current->lock();
  };
  connection_events events;
  events.sending = [watch = watcher_.sending](const protocol::request& what) {
    if (watch)
      watch(what);
  };
  events.not_understood = watcher_.not_understood;
  events.opened = [alive = self_, mine, watch = watcher_.opened] {
    if (watch)
      watch();
    if (mine())
      (*alive)->with_core([&](auto now) { (*alive)->core_.opened(now); });
  };
  events.received = [alive = self_, mine, watch = watcher_.received](const protocol::push& what) {
    if (watch)
      watch(what);
    if (mine())
      (*alive)->with_core([&](auto now) { (*alive)->core_.received(what, now); });
  };
  events.lost = [alive = self_, mine, watch = watcher_.lost](const loss& how) {
    if (watch)
      watch(how);
    if (!mine())
      return;
    (*alive)->connection_.reset();
    (*alive)->with_core([&](auto now) { (*alive)->core_.lost(how, now); });
  };
  connection_ = connection::open(io_, nodes_.front(), std::move(events), connect_);
  *current = connection_;
  std::rotate(nodes_.begin(), nodes_.begin() + 1, nodes_.end());
}

void session::drop() {
  if (const auto last = std::exchange(connection_, nullptr)) {
    last->abandon();
    if (watcher_.lost)
      watcher_.lost({.reason = "dropped"});
  }
}

} // namespace troupe::client
