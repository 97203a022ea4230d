#include "apps/troupe/operations/room_findings.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::operations {

namespace {

using actors::room_health;

class collector {
public:
  explicit collector(const room_picture& picture) : picture_(picture) {}

  std::vector<std::string> all() {
    ownership();
    crashes();
    if (const auto* owner = owner_in(picture_))
      sequencer(*owner);
    for (const auto& node : picture_.nodes)
      readers(node);
    return std::move(found_);
  }

private:
  template <class... Args>
  void say(fmt::format_string<Args...> form, Args&&... args) {
    found_.push_back(fmt::format(form, std::forward<Args>(args)...));
  }

  void ownership() {
    const auto& place = picture_.place;
    if (place.owner.empty())
      return say("nobody owns shard {} now: another node takes it within seconds; ask again", place.shard);
    const auto& silent = picture_.silent;
    if (std::find(silent.begin(), silent.end(), place.owner) != silent.end())
      return say("its owner {} does not answer at {}: look at its log; when its process is gone others take over at "
                 "once, when it hangs within seconds",
                 place.owner, place.address);
    for (const auto& node : picture_.nodes) {
      if (node.place.owner != place.owner || node.place.reachable)
        continue;
      if (node.node == place.owner)
        say("{} owns it and does not serve it: it is moving, or out of touch with the store", node.node);
      else
        say("{} has no link to the owner: its members wait until there is one", node.node);
    }
  }

  void crashes() {
    for (const auto& node : picture_.nodes) {
      if (node.quarantined)
        say("QUARANTINED on {}: it crashed {} times in a row and refuses everything; remove the reason, then restart "
            "that node",
            node.node, node.crashes);
      if (!node.faults.empty())
        say("crashed on {}: {} faults are remembered, the last of the {}: {}", node.node, node.faults.size(),
            node.faults.back().actor, node.faults.back().text);
      if (!node.step_failures.empty())
        say("step {} failed on {}: {} failures at requests for this room are remembered; its log says why",
            node.step_failures.back().step, node.node, node.step_failures.size());
    }
  }

  void sequencer(const room_health& owner) {
    if (!owner.sequencer)
      return;
    const auto& s = *owner.sequencer;
    if (s.epoch.empty())
      say("its log is not read yet: when this lasts, look at the disk of {}", owner.node);
    if (s.committing_us >= stuck_commit_us)
      say("the log has had a run of messages for {}: look at the disk of {}", shown_time(s.committing_us), owner.node);
    else if (s.commit.max_us >= slow_commit_us)
      say("commits were slow, {} at most: look at the disk of {}", shown_time(s.commit.max_us), owner.node);
    if (s.waiting >= many_waiting)
      say("{} sends wait for a number: more comes than one room can store", s.waiting);
    if (s.mailbox_wait_us >= busy_thread_us)
      say("a question waited {} in its mailbox: its thread on {} has more to do than it can",
          shown_time(s.mailbox_wait_us), owner.node);
  }

  void readers(const room_health& node) {
    const auto* owner = owner_in(picture_);
    if (node.relay && node.relay->members > 0) {
      if (!node.relay->ready)
        say("{} members on {} wait for the room: it is being found, or rebuilt", node.relay->members, node.node);
      else if (owner && owner->sequencer && owner->sequencer->head > node.relay->last + far_behind)
        say("{} is {} messages behind: its link or its thread is slow", node.node,
            owner->sequencer->head - node.relay->last);
    }
    std::uint32_t gapped = 0, listeners = 0;
    std::uint64_t slowest = 0;
    for (const auto& thread : node.io_threads) {
      gapped += thread.gapped;
      listeners += thread.listeners;
      slowest = std::max(slowest, thread.fan_out.max_us);
    }
    if (gapped > 0)
      say("{} of {} readers on {} are slow: they get messages when they fetch them", gapped, listeners, node.node);
    if (slowest >= slow_fan_out_us)
      say("fan-out took {} at most on {}: its threads have more to do than they can", shown_time(slowest), node.node);
  }

  const room_picture& picture_;
  std::vector<std::string> found_;
};

} // namespace

std::vector<std::string> room_findings(const room_picture& picture) { return collector{picture}.all(); }

const room_health* owner_in(const room_picture& picture) {
  const auto i = std::find_if(picture.nodes.begin(), picture.nodes.end(),
                              [&](const auto& node) { return node.node == picture.place.owner; });
  return i == picture.nodes.end() ? nullptr : &*i;
}

std::string shown_time(std::uint64_t us) {
  if (us < 1'000)
    return fmt::format("{} µs", us);
  if (us < 1'000'000)
    return fmt::format("{:.1f} ms", static_cast<double>(us) / 1e3);
  return fmt::format("{:.1f} s", static_cast<double>(us) / 1e6);
}

} // namespace troupe::operations
