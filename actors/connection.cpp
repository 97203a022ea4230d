#include "actors/connection.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

namespace {

constexpr std::size_t spoken_to_max = 64;

} // namespace

connection::connection(caf::actor_config& config, actor_unit& unit, services& around, connection_id id, wire& socket,
                       const std::string& address)
  : unit_actor(config, unit), around_(around), socket_(&socket),
    core_(id, std::hash<std::string>{}(address), {around.options, around.tokens, *this, around.tokens_of_users},
          around.now()) {}

connection::behavior_type connection::make_behavior() {
  return {
    [this](shut_down) { close(protocol::close_code::draining, "the node stops: reconnect and resume"); },
  };
}

/// The last rites, whoever ended it: rooms and the user hear that it is gone.
void connection::on_exit() {
  if (auto* socket = std::exchange(socket_, nullptr))
    socket->drop();
  table().leave(core_.id());
  core_.ended();
  for (const auto& room : core_.rooms()) {
    table().unsubscribe(core_.id(), room);
    tell_room(room, to_relay::gone{core_.id(), core_.user()});
  }
  for (const auto& room : std::exchange(spoken_to_, {}))
    tell_room(room, to_relay::gone{core_.id(), core_.user()});
  if (core_.signs_in())
    tell_user(core_.user(), to_user::sign_out{core_.id()});
}

// -- the socket -----------------------------------------------------------------------------------

void connection::opened() { table().enter(core_.id(), *this); }

void connection::received(std::string_view text) {
  on_unit([&] { core_.received(text, around_.now()); });
}

void connection::take(std::vector<shared_frame>& out, std::size_t bytes_max) { core_.outbound().take(out, bytes_max); }

void connection::tick(std::int64_t) {
  on_unit([&] { core_.tick(around_.now()); });
}

void connection::closed(ending) {
  socket_ = nullptr;
  on_unit([&] { quit(); });
}

// -- actors -----------------------------------------------------------------------------------------

void connection::hear(to_connection::news what) {
  on_unit([&] { core_.hear(std::move(what), around_.now()); });
}

void connection::acked(request_id re, subscription* of, const room_frame& what) { core_.deliver_ack(re, of, what); }

void connection::deliver(subscription& of, const room_frame& what) { core_.deliver(of, what); }

void connection::restart(const std::string& room, subscription& of) { core_.restart(room, of); }

// -- the core's port ----------------------------------------------------------------------------------

void connection::wake() {
  if (socket_)
    socket_->wake();
}

void connection::close(protocol::close_code why, std::string_view reason) {
  if (socket_)
    socket_->close(why, reason);
}

void connection::tell_room(const std::string& room, to_relay::command what) {
  const bool sends = std::holds_alternative<to_relay::send>(what);
  if (sends && spoken_to_.size() < spoken_to_max &&
      std::find(spoken_to_.begin(), spoken_to_.end(), room) == spoken_to_.end())
    spoken_to_.push_back(room);
  send(around_.guardians[around_.unit_of(room)], to_relay_of{room, std::move(what)});
}

void connection::tell_user(const std::string& user, to_user::command what) {
  send(around_.guardians[around_.unit_of(user)], to_user_of{user, std::move(what)});
}

void connection::subscribe(const std::string& room, subscription& to) { table().subscribe(core_.id(), room, to); }

void connection::unsubscribe(const std::string& room) { table().unsubscribe(core_.id(), room); }

void connection::draw(unsigned char* random, std::size_t bytes) { around_.draw(random, bytes); }

const shared_chain& connection::chain_for(verb what, std::string_view room) {
  static const shared_chain none = std::make_shared<chain>();
  const auto& mine = around_.chains_of[io_thread_of(core_.id())];
  return mine ? mine->find(endpoint::ws, what, room) : none; // None when the node has ended already.
}

// -- the door -----------------------------------------------------------------------------------------

attached door::attach(std::size_t io_thread, wire& socket, peer who) {
  auto& unit = *around_.units[io_thread];
  caf::actor_config config{&unit};
  auto made = caf::make_actor<connection, caf::strong_actor_ptr>(unit.system().next_actor_id(), unit.system().node(),
                                                                 &unit.system(), config, unit, around_,
                                                                 next_id(io_thread), socket, who.address);
  auto* self = static_cast<connection*>(caf::actor_cast<caf::abstract_actor*>(made));
  self->launch(&unit, true, false);
  return {self, std::move(made)};
}

} // namespace troupe::actors
