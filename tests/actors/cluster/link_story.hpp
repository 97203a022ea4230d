// tests/actors/cluster/link_story.hpp
//
// Ends of links, and what passes between them.
#pragma once

#include "actors/cluster/link_core.hpp"
#include "protocol/described.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace troupe::actors::testing {

inline shared_item answer(std::uint64_t id) { return encode_item(for_relay{"lounge", id, from_room::ended{}}); }

inline shared_item submit(const std::string& cid, std::size_t body_bytes = 0) {
  to_room::submit what;
  what.relay = "node-a";
  what.cid = cid;
  what.body.assign(body_bytes, 'x');
  return encode_item(for_room{"lounge", 3, std::move(what)});
}

/// One message of a room, of the size of its body and about 200 bytes.
inline shared_item published(const std::string& room, seq_t seq, std::size_t body_bytes = 0) {
  from_room::published what{"epoch-1", protocol::durability::disk, {{}}, false};
  what.records.front().seq = seq;
  what.records.front().body.assign(body_bytes, 'x');
  return encode_item(for_relay{room, 3, std::move(what)});
}

inline shared_item news(const std::string& room, from_room::news what) {
  return encode_item(for_relay{room, 3, std::move(what)});
}

template <class Effect>
std::vector<Effect> all_of(const link_effects& effects) {
  std::vector<Effect> found;
  for (const auto& effect : effects)
    if (const auto* one = std::get_if<Effect>(&effect))
      found.push_back(*one);
  return found;
}

/// The header of an envelope, and how many bytes of items it has.
inline std::pair<envelope_header, std::uint64_t> head_of(const std::string& bytes) {
  const auto head = std::get<sealed_envelope>(read_head(bytes));
  return {head.header, head.items.size()};
}

/// An item in a word, for comparing.
inline std::string told(const item& what) {
  if (const auto* command = std::get_if<for_room>(&what)) {
    const auto* submit = std::get_if<to_room::submit>(&command->what);
    return submit ? "submit " + submit->cid : "command";
  }
  if (const auto* relay = std::get_if<for_relay>(&what)) {
    if (const auto* published = std::get_if<from_room::published>(&relay->what))
      return relay->room + " has " + std::to_string(published->records.back().seq);
    if (std::holds_alternative<from_room::ended>(relay->what))
      return "answer " + std::to_string(relay->term);
    if (const auto* behind = std::get_if<from_room::behind>(&relay->what))
      return relay->room + " is behind " + behind->epoch + ":" + std::to_string(behind->head);
    return relay->room + " has news";
  }
  return std::holds_alternative<look>(what) ? "look" : "activity";
}

/// One end of a link that remembers what it did.
class link_tester {
public:
  explicit link_tester(incarnation_t self, const link_limits& limits = {}) : core(self, limits) {}

  /// Carries out one input at the time of `now`.
  link_effects apply(const to_link::input& what) {
    auto effects = core.apply(what, now);
    for (const auto& effect : effects) {
      if (const auto* bytes = std::get_if<link_does::transmit>(&effect))
        sent.push_back(bytes->bytes);
      if (const auto* delivered = std::get_if<link_does::deliver>(&effect))
        heard.push_back(told(delivered->what));
      if (std::holds_alternative<link_does::up>(effect))
        story.emplace_back("up");
      if (const auto* down = std::get_if<link_does::down>(&effect))
        story.push_back("down: " + std::string{protocol::name_of(down->why)});
      if (const auto* reset = std::get_if<link_does::reset>(&effect))
        story.push_back("reset: " + std::string{protocol::name_of(reset->why)});
      if (const auto* refused = std::get_if<link_does::refused>(&effect))
        story.push_back("refused: " + std::string{protocol::name_of(refused->why)});
      if (const auto* wake = std::get_if<link_does::wake_at>(&effect))
        wake_at = wake->time;
    }
    return effects;
  }

  void send(shared_item what) { apply(to_link::send{std::move(what)}); }
  void flush() { apply(to_link::flush{}); }

  /// Lets time pass, and wakes the end whenever it wanted to be woken.
  void pass(time_ms duration) {
    const auto until = now + duration;
    while (wake_at != 0 && wake_at <= until) {
      now = std::max(now, std::exchange(wake_at, 0));
      apply(to_link::tick{});
    }
    now = until;
  }

  std::vector<std::string> take_sent() { return std::exchange(sent, {}); }
  std::vector<std::string> take_heard() { return std::exchange(heard, {}); }
  std::vector<std::string> take_story() { return std::exchange(story, {}); }

  link_core core;
  time_ms now = 1'000;
  time_ms wake_at = 0;
  std::vector<std::string> sent;
  std::vector<std::string> heard;
  std::vector<std::string> story;
};

inline constexpr incarnation_t ann_is = 11;
inline constexpr incarnation_t bob_is = 22;

/// Two nodes whose link is up. Envelopes pass when a test says so.
struct two_nodes {
  explicit two_nodes(const link_limits& limits = {}) : ann(ann_is, limits), bob(bob_is, limits) {
    ann.apply(to_link::opened{77, bob_is});
    bob.apply(to_link::opened{77, ann_is});
    pass_on();
    ann.take_story();
    bob.take_story();
  }

  static void hand_over(link_tester& from, link_tester& to) {
    for (const auto& bytes : from.take_sent())
      to.apply(to_link::received{bytes});
  }

  void pass_on() {
    while (!ann.sent.empty() || !bob.sent.empty()) {
      hand_over(ann, bob);
      hand_over(bob, ann);
    }
  }

  void pass(time_ms duration) {
    ann.pass(duration);
    bob.pass(duration);
  }

  link_tester ann;
  link_tester bob;
};

} // namespace troupe::actors::testing
