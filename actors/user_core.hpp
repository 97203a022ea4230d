// actors/user_core.hpp
#pragma once

#include "actors/user_messages.hpp"

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::actors {

namespace user_does {

struct tell {
  connection_id connection = 0;
  to_connection::news what;
};

/// Reads the inbox from the logs and tells the connection.
struct read_inbox {
  connection_id connection = 0;
  request_id re = 0;
  std::string after;
};

/// Nobody is signed in any more.
struct rest {};

using effect = std::variant<tell, read_inbox, rest>;

} // namespace user_does

/// A user's sessions. A session is one device; it outlives its connections.
///
/// The inbox is not a queue but a question to the log: it is never wrong and never full.
/// Limits: `sessions_max` live sessions; one past is turned away.
class user_core {
public:
  user_core(std::string user, std::uint32_t sessions_max);

  std::vector<user_does::effect> apply(to_user::command what);

  const std::string& user() const noexcept { return user_; }
  std::size_t live_sessions() const noexcept { return live_.size(); }

private:
  void on(to_user::sign_in& what, std::vector<user_does::effect>& out);
  void on(to_user::sign_out& what, std::vector<user_does::effect>& out);
  void on(to_user::inbox& what, std::vector<user_does::effect>& out);
  void on(to_user::activity& what, std::vector<user_does::effect>& out);

  std::string user_;
  std::uint32_t sessions_max_;
  std::vector<std::pair<connection_id, std::string>> live_; ///< The session of each connection, in their order.
};

} // namespace troupe::actors
