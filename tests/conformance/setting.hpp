// tests/conformance/setting.hpp
//
// What every scenario of the black-box suite starts from: a real node, and names nobody else uses.
#pragma once

#include "tests/support/live_client.hpp"
#include "tests/support/plain_http.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <string>

/// The sentence of docs/protocol.md that the lines below check.
#define CLAUSE(text) INFO("docs/protocol.md: " text)

namespace troupe::tests {

/// One node for all scenarios that do not end it. Its rooms:
///   mem/…    durability "memory", ring of 8
///   short/…  keeps 5 messages
///   two/…    has place for two
///   calm/…   presence grace 2 s
///   else     durability "disk", presence grace 300 ms
/// and small bounds: 4 rooms a connection, 6 rooms a user, 8 sends under way, 3 sessions a user.
node& the_node();

/// A room and a user that no other scenario uses.
std::string fresh_room(const std::string& prefix = "room-");
std::string fresh_user(const std::string& prefix = "user-");

/// The bodies of what is shown, for comparisons in one line.
std::vector<std::string> bodies(const std::vector<protocol::entry>& entries);
std::vector<seq_t> seqs(const std::vector<protocol::entry>& entries);

} // namespace troupe::tests
