#include "actors/middleware/gate.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

namespace {

bool waits(const passage& what) { return what.where() == passage::state::under_way; }

} // namespace

bool gate::enter(const passage_ptr& what) {
  if (blocked(what->room())) {
    if (behind_.size() >= waiting_max)
      return false;
    behind_.push_back(what);
    return true;
  }
  start(what);
  return true;
}

/// It may be answered, refused or made to wait before this returns.
void gate::start(const passage_ptr& what) {
  open_.push_back(what);
  what->start();
  if (what->where() == passage::state::passed && what->awaits_outcome() && !id_of(what->request))
    what->settle({outcome::kind::ok, std::nullopt}); // Never answered.
  tidy();
}

bool gate::blocked(std::string_view room) const {
  const auto about_it = [&](const passage_ptr& p) { return p->room() == room; };
  return std::any_of(behind_.begin(), behind_.end(), about_it) ||
         std::any_of(open_.begin(), open_.end(), [&](const auto& p) { return waits(*p) && about_it(p); });
}

void gate::left(const passage& what) {
  if (!behind_.empty())
    let_through(std::string{what.room()});
  tidy();
}

void gate::let_through(const std::string& room) {
  const auto about_it = [&](const passage_ptr& p) { return p->room() == room; };
  while (!ended_ && std::none_of(open_.begin(), open_.end(), [&](const auto& p) { return waits(*p) && about_it(p); })) {
    const auto next = std::find_if(behind_.begin(), behind_.end(), about_it);
    if (next == behind_.end())
      return;
    const auto what = std::move(*next);
    behind_.erase(next);
    start(what);
  }
}

void gate::answered(request_id re, const outcome& how) {
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const auto& p) {
    return p->where() == passage::state::passed && p->awaits_outcome() && id_of(p->request) == re;
  });
  if (found == open_.end())
    return;
  const auto what = *found;
  what->settle(how);
  tidy();
}

void gate::expire(time_ms began_before) {
  const auto all = open_;
  for (const auto& what : all)
    if (what->where() == passage::state::passed && what->began < began_before)
      what->settle({outcome::kind::unknown, std::nullopt});
  tidy();
}

void gate::end() {
  ended_ = true;
  behind_.clear();
  for (const auto& what : std::exchange(open_, {}))
    what->abandon({outcome::kind::gone, std::nullopt});
}

/// An idle connection holds no list.
void gate::tidy() {
  std::erase_if(open_, [](const auto& p) { return !waits(*p) && !p->awaits_outcome(); });
}

} // namespace troupe::actors
