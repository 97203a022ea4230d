#include "actors/open_questions.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

connection_id asker_of(const to_room::command& what) {
  return std::visit(
    [](const auto& c) -> connection_id {
      if constexpr (requires { c.connection; })
        return c.connection;
      else
        return 0;
    },
    what);
}

std::optional<request_id> request_of(const to_room::command& what) {
  return std::visit(
    [](const auto& c) -> std::optional<request_id> {
      if constexpr (requires { c.re; })
        return c.re;
      else
        return std::nullopt;
    },
    what);
}

void open_questions::add(to_room::command question) {
  const key which{asker_of(question), question.index(), request_of(question)};
  all_.emplace(which, asked{++added_, std::move(question)});
}

/// Those that are alike stand in the order they came.
std::optional<to_room::command> open_questions::take_next(const key& which) {
  const auto i = all_.lower_bound(which);
  if (i == all_.end() || i->first != which)
    return std::nullopt;
  auto question = std::move(i->second.question);
  all_.erase(i);
  return question;
}

std::optional<to_room::command> open_questions::take_failed(connection_id connection, std::optional<request_id> re) {
  if (!re)
    return take_next({connection, kind_of<to_room::join>, re});
  auto oldest = all_.end();
  for (const auto kind :
       {kind_of<to_room::join>, kind_of<to_room::leave>, kind_of<to_room::fetch>, kind_of<to_room::who>}) {
    const key which{connection, kind, re};
    const auto i = all_.lower_bound(which);
    if (i != all_.end() && i->first == which && (oldest == all_.end() || i->second.number < oldest->second.number))
      oldest = i;
  }
  if (oldest == all_.end())
    return std::nullopt;
  auto question = std::move(oldest->second.question);
  all_.erase(oldest);
  return question;
}

open_questions::questions::const_iterator open_questions::find_join(connection_id connection) const {
  const auto i = all_.lower_bound({connection, kind_of<to_room::join>, std::nullopt});
  const bool mine = i != all_.end() && i->first.connection == connection && i->first.kind == kind_of<to_room::join>;
  return mine ? i : all_.end();
}

bool open_questions::has_join(connection_id connection) const { return find_join(connection) != all_.end(); }

void open_questions::withdraw_join(connection_id connection) {
  if (const auto join = find_join(connection); join != all_.end())
    all_.erase(join);
}

void open_questions::withdraw(connection_id connection, request_id re) {
  if (!settle<to_room::fetch>(connection, re))
    settle<to_room::who>(connection, re);
}

void open_questions::withdraw_snapshots() {
  std::erase_if(all_, [](const auto& one) { return one.first.kind == kind_of<to_room::who> && !one.first.re; });
}

void open_questions::drop(connection_id connection) {
  all_.erase(all_.lower_bound({connection, 0, std::nullopt}), all_.lower_bound({connection + 1, 0, std::nullopt}));
}

std::vector<to_room::command> open_questions::in_order() const {
  std::vector<const asked*> order;
  order.reserve(all_.size());
  for (const auto& [which, one] : all_)
    order.push_back(&one);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->number < b->number; });
  std::vector<to_room::command> questions;
  questions.reserve(order.size());
  for (const auto* one : order)
    questions.push_back(one->question);
  return questions;
}

std::vector<to_room::command> open_questions::take_all() {
  auto questions = in_order();
  all_.clear();
  return questions;
}

} // namespace troupe::actors
