#include "apps/troupe/prove/nodes.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace troupe::prove {

namespace {

/// A node beats every second; one that has missed two does not count as serving.
constexpr storage::time_ms fresh_beat_ms = 2'500;

std::string read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

pid_t parent_of(pid_t pid) {
  const auto stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  std::istringstream rest{stat.substr(std::min(stat.size(), stat.rfind(')') + 1))};
  char state = 0;
  pid_t parent = 0;
  rest >> state >> parent;
  return parent;
}

std::string program_of(pid_t pid) {
  std::error_code failed;
  return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", failed).string();
}

/// The first argument of a process, after its name.
std::string command_of(pid_t pid) {
  const auto line = read_file("/proc/" + std::to_string(pid) + "/cmdline");
  const auto begin = line.find('\0');
  return begin == line.npos ? std::string{} : std::string{line.c_str() + begin + 1};
}

} // namespace

nodes::nodes(const std::string& directory, std::vector<std::string> spared, bool ends_for_good)
  : spared_(std::move(spared)), ends_for_good_(ends_for_good) {
  if (!std::filesystem::exists(std::filesystem::path{directory} / "cluster.db"))
    throw std::runtime_error("no nodes keep their messages in " + directory + ": name their directory with --data");
  const auto self = storage::this_process();
  if (!self)
    throw std::runtime_error("/proc does not tell about this process");
  self_ = *self;
  auto opened = storage::sqlite_membership::open({directory, {}, {}});
  if (!opened.store)
    throw std::runtime_error(opened.failure);
  store_ = std::move(opened.store);
  if (!look() || members_.empty())
    throw std::runtime_error("no node of " + directory + " lives on this machine: start `troupe cluster`");
  for (const auto& name : spared_)
    if (!find(name))
      throw std::runtime_error("no node " + name + " lives, to be spared; `troupe top` names those that do");
}

nodes::~nodes() { go_on(); }

bool nodes::look() {
  auto seen = store_->look();
  if (!seen)
    return false;
  seen_ = std::move(*seen);
  members_.clear();
  for (const auto& node : seen_.nodes)
    if (const auto process = store_->process_of(node.row)) {
      const bool stopped = std::find(stopped_.begin(), stopped_.end(), *process) != stopped_.end();
      members_.push_back(
        {node.row, *process, !node.gone && !node.draining && !stopped && seen_.at - node.beat < fresh_beat_ms});
    }
  return true;
}

std::vector<candidate> nodes::candidates() const {
  std::vector<candidate> all;
  for (const auto& one : members_)
    all.push_back({one.row.node, one.serves,
                   std::find(spared_.begin(), spared_.end(), one.row.node) != spared_.end() ||
                     (!ends_for_good_ && !is_supervised(one.row.node))});
  return all;
}

std::size_t nodes::serving() const {
  return static_cast<std::size_t>(
    std::count_if(members_.begin(), members_.end(), [](const member& one) { return one.serves; }));
}

storage::incarnation_t nodes::incarnation_of(const std::string& name) const {
  const auto* one = find(name);
  return one && one->serves ? one->row.incarnation : 0;
}

std::vector<client::endpoint> nodes::endpoints() const {
  std::vector<client::endpoint> all;
  for (const auto& one : members_)
    if (one.serves)
      if (auto where = client::parse_url("ws://" + one.row.address))
        all.push_back(std::move(*where));
  return all;
}

std::string nodes::owner_of(const std::string& room) const { return seen_.shards[storage::shard_of(room)].owner; }

pid_t nodes::pid_of(const std::string& name) const {
  const auto* one = find(name);
  return one ? one->process.pid : -1;
}

bool nodes::is_supervised(const std::string& name) const {
  const auto* one = find(name);
  const auto parent = one ? parent_of(one->process.pid) : 0;
  return parent > 1 && command_of(parent) == "cluster" && program_of(parent) == program_of(one->process.pid);
}

bool nodes::send(const std::string& name, int signal) {
  const auto* one = find(name);
  if (!one || !storage::signal_process(one->process, self_, signal))
    return false;
  if (signal == SIGSTOP)
    stopped_.push_back(one->process);
  return true;
}

void nodes::go_on() {
  for (const auto& one : stopped_)
    storage::signal_process(one, self_, SIGCONT);
  stopped_.clear();
}

const nodes::member* nodes::find(const std::string& name) const {
  const auto found =
    std::find_if(members_.begin(), members_.end(), [&](const member& one) { return one.row.node == name; });
  return found == members_.end() ? nullptr : &*found;
}

} // namespace troupe::prove
