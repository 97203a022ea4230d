// actors/open_questions.hpp
#pragma once

#include "actors/room_messages.hpp"

#include <boost/mp11/algorithm.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace troupe::actors {

/// What the connections of a node have asked a room and it has not answered yet, so that the room that comes after
/// it can be asked again.
///
/// A question is found by its connection, its kind and its number; of several that are alike the oldest one is meant.
class open_questions {
public:
  bool empty() const noexcept { return all_.empty(); }
  std::size_t size() const noexcept { return all_.size(); }

  void add(to_room::command question);

  /// It was answered. False when nobody waits for that answer any more.
  template <class Question>
  bool settle(connection_id connection, std::optional<request_id> re) {
    return take_next({connection, kind_of<Question>, re}).has_value();
  }

  /// The one that failed; without a number it is a join.
  std::optional<to_room::command> take_failed(connection_id connection, std::optional<request_id> re);

  /// A connection has at most one join under way.
  bool has_join(connection_id connection) const;
  void withdraw_join(connection_id connection);
  /// The reading of that number.
  void withdraw(connection_id connection, request_id re);
  /// The snapshots that connections are given without having asked: all get one together.
  void withdraw_snapshots();
  /// All of a connection that is gone.
  void drop(connection_id connection);

  /// In the order they came.
  std::vector<to_room::command> in_order() const;
  std::vector<to_room::command> take_all();

private:
  /// By their places in to_room::command.
  template <class Question>
  static constexpr std::size_t kind_of = boost::mp11::mp_find<to_room::command, Question>::value;

  struct key {
    connection_id connection = 0;
    std::size_t kind = 0;
    std::optional<request_id> re;
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the zero that it compares with for a pointer.
    auto operator<=>(const key&) const = default;
  };
  struct asked {
    std::uint64_t number = 0; ///< In the order they came.
    to_room::command question;
  };
  using questions = std::multimap<key, asked>;

  std::optional<to_room::command> take_next(const key& which);
  questions::const_iterator find_join(connection_id connection) const;

  questions all_;
  std::uint64_t added_ = 0;
};

/// The connection that wants to know, 0 = none; and the number under which it asked.
connection_id asker_of(const to_room::command& what);
std::optional<request_id> request_of(const to_room::command& what);

} // namespace troupe::actors
