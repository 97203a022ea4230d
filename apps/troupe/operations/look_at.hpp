// apps/troupe/operations/look_at.hpp
//
// What every node knows of one room, asked over HTTP.
#pragma once

#include "apps/troupe/operations/room_findings.hpp"
#include "client/endpoint.hpp"

#include <string>

namespace troupe::operations {

/// `/api/v1/rooms/ROOM/…`
std::string room_target(const std::string& room, const char* what);

/// Every node knows its own part: the owner the sequencer, each its own members. Blocks for some seconds when nodes do
/// not answer; throws `trouble` when the one that is asked first does not.
room_picture look_at(const client::endpoint& asked, const std::string& room);

} // namespace troupe::operations
