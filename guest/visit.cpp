#include "guest/visit.hpp"

#include "actors/cluster/caf_io.hpp"
#include "protocol/codec.hpp"
#include "storage/sqlite_membership.hpp"

#include <chrono>
#include <filesystem>
#include <random>
#include <set>
#include <utility>

namespace troupe::guest {

namespace {

constexpr std::chrono::milliseconds tick_every{100};
constexpr std::chrono::seconds enter_within{3};

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

client::session_options options_of(const options& how) {
  client::session_options session;
  session.user = how.user;
  session.sdk = "troupe-guest";
  session.random = [source = std::mt19937_64{std::random_device{}()}]() mutable { return source(); };
  session.wall_clock = [] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
  };
  return session;
}

} // namespace

std::vector<std::string> nodes_in(const std::string& directory) {
  std::vector<std::string> links;
  if (!std::filesystem::exists(std::filesystem::path{directory} / "cluster.db"))
    return links;
  const auto opened = storage::sqlite_membership::open({directory, {}, {}});
  const auto seen = opened.store ? opened.store->look() : std::nullopt;
  if (seen)
    for (const auto& node : seen->nodes)
      if (!node.gone && !node.draining)
        links.push_back(node.row.link);
  return links;
}

visit::visit(caf::actor_config& config, options how)
  : visit_actor::base(config), how_(std::move(how)), core_(options_of(how_), *this) {
  set_down_handler([this](const caf::down_msg& what) {
    if (place_ && what.source == place_.address())
      return lose("the node is gone");
    for (auto& [room, listeners] : listeners_)
      std::erase_if(listeners, [&](const caf::actor& one) { return one.address() == what.source; });
  });
}

visit::behavior_type visit::make_behavior() {
  core_.start(steady_ms());
  perform();
  send(this, tick_atom::value);
  return {
    [this](actors::frame_atom, const std::string& text) {
      if (!place_ || current_sender() != caf::actor_cast<caf::strong_actor_ptr>(place_))
        return;
      send(place_, actors::taken_atom::value, std::uint64_t{text.size()});
      const auto decoded = protocol::decode_server_json(text);
      if (const auto* push = std::get_if<protocol::push>(&decoded))
        core_.received(*push, steady_ms());
      perform();
    },
    [this](actors::closed_atom, std::uint16_t code, const std::string& reason) {
      if (place_ && current_sender() == caf::actor_cast<caf::strong_actor_ptr>(place_))
        lose(reason, code);
    },
    [this](post_atom, const std::string& room, const std::string& text) {
      auto promise = make_response_promise<posted>();
      if (ended_ || posts_.size() >= waiting_posts_max) {
        promise.deliver(refusal(ended_.value_or("too many posts wait for their answer")));
        return promise;
      }
      protocol::client::send what;
      what.room = room;
      what.body = text;
      posts_[core_.send(std::move(what), steady_ms())] = promise;
      perform();
      return promise;
    },
    [this](listen_atom, const std::string& room, const caf::actor& listener) {
      if (ended_)
        return caf::anon_send(listener, ended_atom::value, room, *ended_);
      monitor(listener);
      listeners_[room].push_back(listener);
      core_.join(room, steady_ms());
      perform();
    },
    [this](tick_atom) {
      core_.tick(steady_ms());
      perform();
      delayed_send(this, tick_every, tick_atom::value);
    },
    [this](leave_atom) { quit(); },
  };
}

void visit::on_exit() {
  place_ = nullptr;
  posts_.clear();
  listeners_.clear();
}

// -- the session ------------------------------------------------------------------------------

void visit::perform() {
  if (std::exchange(performing_, true))
    return;
  for (auto actions = core_.take_actions(); !actions.empty(); actions = core_.take_actions())
    for (auto& one : actions) {
      if (std::holds_alternative<client::open_connection>(one)) {
        connect();
      } else if (std::holds_alternative<client::drop_connection>(one)) {
        if (place_)
          send_exit(place_, caf::exit_reason::user_shutdown);
        place_ = nullptr;
        ++attempt_;
      } else if (place_) {
        std::string frame;
        std::visit([&](const auto& request) { protocol::encode_json(frame, request); },
                   std::get<client::transmit>(one).what);
        send(place_, actors::frame_atom::value, std::move(frame));
      }
    }
  performing_ = false;
}

caf::error visit::refusal(const std::string& why) { return caf::make_error(caf::sec::runtime_error, why); }

void visit::on_state(client::link_state to, const std::string& why, std::int64_t) {
  if (to == client::link_state::online)
    refused_because_.clear();
  if (to != client::link_state::ended)
    return;
  ended_ = refused_because_.empty() ? why : refused_because_;
  for (auto& [cid, post] : std::exchange(posts_, {}))
    post.deliver(refusal(*ended_));
  for (const auto& [room, listeners] : std::exchange(listeners_, {}))
    for (const auto& listener : listeners)
      caf::anon_send(listener, ended_atom::value, room, *ended_);
}

void visit::on_error(const protocol::server::error& why) {
  if (core_.state() != client::link_state::online)
    refused_because_ = why.message;
}

void visit::on_message(const std::string& room, const client::entry& what, client::source) {
  for (const auto& listener : listeners_[room])
    caf::anon_send(listener, said_atom::value, room, what.seq, what.from, what.body.value_or(""));
}

void visit::on_sent(const client::receipt& what) {
  const auto i = posts_.find(what.cid);
  if (i == posts_.end())
    return;
  i->second.deliver(posted_atom::value, what.seq);
  posts_.erase(i);
}

void visit::on_refused(const protocol::client::send& what, const protocol::server::error& why) {
  const auto i = posts_.find(what.cid);
  if (i == posts_.end())
    return;
  i->second.deliver(refusal(why.message));
  posts_.erase(i);
}

// -- a node ------------------------------------------------------------------------------------

/// The nodes in turn; those that died are not in the list any more.
void visit::connect() {
  const auto mine = ++attempt_;
  const auto failed = [this, mine](const caf::error& why) {
    if (mine == attempt_)
      lose("no node took us in: " + system().render(why));
  };
  const auto nodes = nodes_in(how_.data);
  if (nodes.empty())
    return lose("no node lives in " + how_.data);
  const auto& link = nodes[next_node_++ % nodes.size()];
  const auto colon = link.rfind(':');
  request(system().middleman().actor_handle(), enter_within, caf::connect_atom::value, link.substr(0, colon),
          static_cast<std::uint16_t>(std::stoul(link.substr(colon + 1))))
    .then(
      [this, mine](const caf::node_id&, const caf::strong_actor_ptr& door, const std::set<std::string>&) {
        if (mine == attempt_)
          enter(door);
      },
      failed);
}

void visit::enter(const caf::strong_actor_ptr& door) {
  const auto mine = attempt_;
  request(caf::actor_cast<actors::guest_door_actor>(door), enter_within, actors::enter_atom::value,
          actors::guest_version, caf::actor_cast<caf::strong_actor_ptr>(this))
    .then(
      [this, mine](const caf::strong_actor_ptr& place) {
        if (mine != attempt_)
          return;
        place_ = caf::actor_cast<actors::guest_place_actor>(place);
        monitor(place_);
        core_.opened(steady_ms());
        perform();
      },
      [this, mine](const caf::error& why) {
        if (mine == attempt_)
          lose("the node did not take us in: " + system().render(why));
      });
}

void visit::lose(std::string why, std::uint16_t code) {
  ++attempt_;
  const bool was_open = static_cast<bool>(std::exchange(place_, nullptr));
  core_.lost({code, std::move(why), was_open}, steady_ms());
  perform();
}

} // namespace troupe::guest
