#include "apps/troupe/operations/look_at.hpp"

#include "apps/troupe/operations/answers.hpp"

namespace troupe::operations {

std::string room_target(const std::string& room, const char* what) {
  std::string target = "/api/v1/rooms/";
  for (const char c : room)
    if (c == '/')
      target += "%2F";
    else
      target += c;
  return target + '/' + what;
}

room_picture look_at(const client::endpoint& asked, const std::string& room) {
  room_picture picture;
  picture.place = ask<actors::room_place>(asked, room_target(room, "owner"));
  for (const auto& node : ask<actors::cluster_report>(asked, "/api/v1/cluster").nodes)
    try {
      picture.nodes.push_back(ask<actors::room_health>(endpoint_of(node.address, asked), room_target(room, "health")));
    } catch (const trouble&) {
      picture.silent.push_back(node.node);
    }
  picture.findings = room_findings(picture);
  return picture;
}

} // namespace troupe::operations
