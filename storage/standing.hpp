// storage/standing.hpp
#pragma once

#include "storage/message_log.hpp"

#include <string>
#include <utility>

namespace troupe::storage {

/// Where a user stands in a room: a member_row without the name, for maps whose key is the name.
struct standing {
  std::string role;
  seq_t read = 0;
  seq_t recv = 0;
};
BOOST_DESCRIBE_STRUCT(standing, (), (role, read, recv))

inline member_row row_of(std::string user, standing where) {
  return {std::move(user), std::move(where.role), where.read, where.recv};
}

} // namespace troupe::storage
