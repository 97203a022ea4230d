#include "actors/middleware/chains.hpp"

#include "actors/middleware/step_supervisor.hpp"
#include "config/route_table.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace troupe::actors {

namespace {

constexpr std::array endpoints{endpoint::ws, endpoint::api};
constexpr std::string_view every_room = "*room";

/// How well a route fits a request of that kind, whatever its room; nothing when it does not.
std::optional<int> fit(const config::route_options& route, endpoint from, verb what) {
  const auto side = [](const std::string& wanted, std::string_view is) {
    return wanted == "*" ? 0 : wanted == is ? 1 : -1;
  };
  const auto verbs = side(route.verb, name_of(what));
  const auto doors = side(route.endpoint, path_of(from));
  if (verbs < 0 || doors < 0)
    return std::nullopt;
  return 2 * verbs + doors;
}

/// Of the routes for that kind of request the best one for each pattern.
std::vector<const config::route_options*> routes_for(const config::options& options, endpoint from, verb what) {
  std::vector<const config::route_options*> best;
  for (const auto& route : options.routes) {
    const auto mine = fit(route, from, what);
    if (!mine)
      continue;
    const auto same = std::find_if(best.begin(), best.end(), [&](const auto* r) { return r->rooms == route.rooms; });
    if (same == best.end())
      best.push_back(&route);
    else if (*fit(**same, from, what) < *mine)
      *same = &route;
  }
  return best;
}

std::vector<step_place> places_on(const config::options& options, const config::route_options* route,
                                  const step_registry& steps, verb what) {
  std::vector<step_place> found;
  const auto add = [&](const std::string& of, const std::vector<std::string>& names) {
    for (const auto& name : names)
      if (const auto* kind = steps.find(name); kind && kind->traits.applies_to(what))
        found.push_back({of, name});
  };
  add("", options.middleware.steps);
  if (route)
    add(name_of(*route), route->steps);
  return found;
}

using route_index = config::route_table<const config::route_options*>;

route_index index_of(const std::vector<const config::route_options*>& routes) {
  std::vector<route_index::route> list;
  for (const auto* route : routes)
    list.push_back({route->rooms, route});
  return route_index::of(std::move(list), config::route_form::room);
}

} // namespace

std::string_view path_of(endpoint from) { return from == endpoint::ws ? "/ws" : "/api"; }

std::string_view name_of(verb what) { return boost::describe::enum_to_string(what, ""); }

std::string name_of(const config::route_options& route) {
  return route.endpoint + ' ' + route.verb + ' ' + route.rooms;
}

std::vector<step_place> places_of(const config::options& options, const step_registry& steps, endpoint from, verb what,
                                  std::string_view room) {
  const auto routes = routes_for(options, from, what);
  const auto index = index_of(routes);
  const auto match = index.find(room.empty() ? "-" : room);
  return places_on(options, match ? match->value() : nullptr, steps, what);
}

// -- what stands on the thread ------------------------------------------------------------------

struct chains::supervised {
  step_actor actor;
  step_supervisor* post = nullptr;

  explicit supervised(step_actor made)
    : actor(std::move(made)), post(static_cast<step_supervisor*>(caf::actor_cast<caf::abstract_actor*>(actor))) {}
  ~supervised() { caf::anon_send(actor, shut_down{}); }
  supervised(const supervised&) = delete;
  supervised& operator=(const supervised&) = delete;
};

class chains::table {
public:
  struct kind {
    shared_chain unrouted;
    std::optional<config::route_table<shared_chain>> routed;
  };
  kind& of(endpoint from, verb what) { return kinds_[static_cast<std::size_t>(from)][static_cast<std::size_t>(what)]; }

private:
  std::array<std::array<kind, verb_count>, endpoints.size()> kinds_;
};

chains::chains(services& around, std::size_t io_thread) : around_(around), io_thread_(io_thread) {}

chains::~chains() = default;

void chains::set(std::shared_ptr<const config::options> options) {
  std::map<step_place, std::shared_ptr<supervised>> kept;
  const auto chain_of = [&](const std::vector<step_place>& at) {
    auto made = std::make_shared<chain>();
    auto held = std::make_shared<std::vector<std::shared_ptr<supervised>>>();
    for (const auto& place : at) {
      auto& one = kept[place];
      if (const auto before = steps_.find(place); !one && before != steps_.end()) {
        one = before->second;
        one->post->renew(options);
      }
      const auto& kind = *around_.steps.find(place.step);
      if (!one)
        one = std::make_shared<supervised>(
          spawn_on<step_supervisor>(*around_.units[io_thread_], around_, io_thread_, kind, options));
      made->posts.push_back(one->post);
      made->settles = made->settles || kind.traits.settles;
      held->push_back(one);
    }
    made->keep = std::move(held);
    return shared_chain{std::move(made)};
  };
  auto made = std::make_unique<table>();
  for (const auto from : endpoints)
    for (std::size_t v = 0; v < verb_count; ++v) {
      const auto what = static_cast<verb>(v);
      auto& kind = made->of(from, what);
      kind.unrouted = chain_of(places_on(*options, nullptr, around_.steps, what));
      const auto routes = routes_for(*options, from, what);
      if (routes.empty())
        continue;
      std::vector<config::route_table<shared_chain>::route> list;
      for (const auto* route : routes)
        list.push_back({route->rooms, chain_of(places_on(*options, route, around_.steps, what))});
      kind.routed = config::route_table<shared_chain>::of(std::move(list), config::route_form::room);
    }
  steps_ = std::move(kept);
  table_ = std::move(made);
  options_ = std::move(options);
}

/// A request about no room meets the routes for every room.
const shared_chain& chains::find(endpoint from, verb what, std::string_view room) {
  const auto& kind = table_->of(from, what);
  if (kind.routed)
    if (const auto match = kind.routed->find(room.empty() ? "-" : room))
      return match->value();
  return kind.unrouted;
}

std::vector<step_place> chains::places(endpoint from, verb what, std::string_view room) const {
  return places_of(*options_, around_.steps, from, what, room);
}

std::vector<step_health> chains::report() const {
  std::vector<step_health> all;
  for (const auto& [at, step] : steps_)
    all.push_back({at, step->post->cost(), step->post->crashes()});
  return all;
}

} // namespace troupe::actors
