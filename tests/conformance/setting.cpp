#include "tests/conformance/setting.hpp"

namespace troupe::tests {
namespace {

constexpr const char* config = R"toml(
node = "node-t"
[listen]
handshakes_per_ip_per_s = 10000
[session]
rooms_per_connection_max = 4
rooms_per_user_max = 6
sessions_per_user_max = 3
inflight_max = 8
fetches_inflight_max = 2
[[rooms]]
pattern = "mem/:name"
durability = "memory"
ring_count = 8
presence_grace_ms = 300
[[rooms]]
pattern = "short/:name"
history_count = 5
presence_grace_ms = 300
[[rooms]]
pattern = "two/:name"
members_max = 2
presence_grace_ms = 300
[[rooms]]
pattern = "owned/:name"
creator_is_owner = true
[[rooms]]
pattern = "private/:name"
creator_is_owner = true
default_role = "none"
[[rooms]]
pattern = "calm/:name"
presence_grace_ms = 2000
[[rooms]]
pattern = "*room"
presence_grace_ms = 300
)toml";

} // namespace

node& the_node() {
  static node one = node::started({.config = config});
  return one;
}

std::string fresh_room(const std::string& prefix) {
  static int count = 0;
  return prefix + std::to_string(++count);
}

std::string fresh_user(const std::string& prefix) {
  static int count = 0;
  return prefix + std::to_string(++count);
}

std::vector<std::string> bodies(const std::vector<protocol::entry>& entries) {
  std::vector<std::string> all;
  for (const auto& one : entries)
    all.push_back(one.body.value_or("-"));
  return all;
}

std::vector<seq_t> seqs(const std::vector<protocol::entry>& entries) {
  std::vector<seq_t> all;
  for (const auto& one : entries)
    all.push_back(one.seq);
  return all;
}

} // namespace troupe::tests
