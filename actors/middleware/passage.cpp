#include "actors/middleware/passage.hpp"

#include "actors/recent_times.hpp"

#include <type_traits>
#include <utility>

namespace troupe::actors {

namespace {

const std::string nothing;

verb verb_or_ping(const protocol::request& what) {
  // `ping` never comes here; it has no number of its own.
  return verb_of(what).value_or(verb::hello);
}

} // namespace

std::optional<verb> verb_of(const protocol::request& what) {
  using namespace protocol::client;
  return std::visit(
    [](const auto& r) -> std::optional<verb> {
      using type = std::decay_t<decltype(r)>;
      if constexpr (std::is_same_v<type, hello>)
        return verb::hello;
      else if constexpr (std::is_same_v<type, refresh>)
        return verb::refresh;
      else if constexpr (std::is_same_v<type, rooms>)
        return verb::rooms;
      else if constexpr (std::is_same_v<type, join>)
        return verb::join;
      else if constexpr (std::is_same_v<type, leave>)
        return verb::leave;
      else if constexpr (std::is_same_v<type, send>)
        return verb::send;
      else if constexpr (std::is_same_v<type, fetch>)
        return verb::fetch;
      else if constexpr (std::is_same_v<type, presence>)
        return verb::presence;
      else if constexpr (std::is_same_v<type, typing>)
        return verb::typing;
      else if constexpr (std::is_same_v<type, mark>)
        return verb::mark;
      else if constexpr (std::is_same_v<type, moderate>)
        return verb::moderate;
      else
        return std::nullopt;
    },
    what);
}

std::string_view room_of(const protocol::request& what) {
  return std::visit(
    [](const auto& r) -> std::string_view {
      if constexpr (requires { r.room; })
        return r.room;
      else
        return {};
    },
    what);
}

std::optional<request_id> id_of(const protocol::request& what) {
  return std::visit(
    [](const auto& r) -> std::optional<request_id> {
      if constexpr (requires { r.id; })
        return r.id;
      else
        return std::nullopt;
    },
    what);
}

passage::passage(endpoint from, protocol::request what, requester& by, passage_end& end, shared_chain through,
                 time_ms now)
  : from(from), what(verb_or_ping(what)), request(std::move(what)), body_bytes(body().size()), began(now),
    began_us(through->settles ? steady_us() : 0), by(by), end_(end), through_(std::move(through)) {}

const std::string& passage::body() const {
  const auto* send = std::get_if<protocol::client::send>(&request);
  return send ? send->body : nothing;
}

void passage::go_on() {
  if (at_ < through_->posts.size())
    return through_->posts[at_]->take(this);
  state_ = state::passed;
  end_.passed(*this);
}

void passage::pass_on() {
  if (state_ != state::under_way)
    return;
  ++at_;
  go_on();
}

void passage::refuse_with(protocol::server::error why) {
  if (state_ != state::under_way)
    return;
  end({outcome::kind::refused, why.code});
  end_.refused(*this, std::move(why));
}

void passage::fail_with(std::string_view step, protocol::server::error why) {
  if (state_ != state::under_way)
    return;
  for (auto i = at_; i > 0 && !through_->posts[i - 1]->mend(*this, step, why); --i) {
  }
  outcome how{outcome::kind::refused, why.code};
  how.failed_step = step;
  end(how);
  end_.refused(*this, std::move(why));
}

void passage::answer_with(to_connection::news with) {
  if (state_ != state::under_way)
    return;
  end({outcome::kind::ok, std::nullopt});
  end_.answered(*this, std::move(with));
}

void passage::abandon(const outcome& how) {
  const passage_ptr alive{this};
  if (auto* at = post())
    at->forget(*this);
  end(how);
}

void passage::end(outcome how) {
  state_ = state::ended;
  settle(how);
}

void passage::settle(outcome how) {
  if (std::exchange(settled_, true) || !through_->settles)
    return;
  how.took_us = steady_us() - began_us;
  for (auto i = at_; i > 0; --i)
    through_->posts[i - 1]->settle(*this, how);
}

} // namespace troupe::actors
