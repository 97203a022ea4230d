// apps/troupe/operations/http_call.hpp
//
// One HTTP request to a node, answered or not within a time.
#pragma once

#include "client/endpoint.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

namespace troupe::operations {

/// What a command could not do, in words for whoever typed it.
struct trouble : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct http_reply {
  unsigned status = 0;
  std::string body;
};

/// Blocks for at most `within`. Throws `trouble` when there is no answer.
http_reply http_call(const client::endpoint& where, std::string_view method, const std::string& target,
                     const std::string& body = {}, std::chrono::milliseconds within = std::chrono::seconds{5});

/// The body of a good answer. Throws `trouble` with what the node said when it refused.
std::string good_answer(const client::endpoint& where, std::string_view method, const std::string& target,
                        const std::string& body = {});

/// `host:port` as in the reports of nodes. A node that listens everywhere is reached where `asked` was.
client::endpoint endpoint_of(const std::string& address, const client::endpoint& asked);

/// `http://host:port`, for people.
std::string shown(const client::endpoint& where);

} // namespace troupe::operations
