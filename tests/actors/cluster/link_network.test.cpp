// Two nodes and a network that loses, repeats, delays and reorders, seed by seed.
#include "tests/actors/cluster/link_story.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <set>

using namespace troupe;
using namespace troupe::actors;
using namespace troupe::actors::testing;

namespace {

constexpr std::array<std::string_view, 4> rooms{"attic", "bar", "cellar", "den"};

/// What one end sent in a session that must arrive, and what the other end heard of it.
struct direction {
  std::vector<std::string> sent;
  std::vector<std::string> heard;
  std::map<std::string, seq_t> published; ///< The last seq handed to the link, by room.
  std::map<std::string, seq_t> covered;   ///< The last seq heard of, or known to be missing, by room.
};

struct totals {
  std::map<std::string, std::size_t> stories;
  std::size_t sessions = 0;
  std::size_t heard = 0;
  std::size_t behind = 0;
  std::size_t dropped = 0;
};

class shaky_network {
public:
  explicit shaky_network(unsigned seed) : random_(seed), trouble_(seed % 4 == 0 ? 0 : seed % 7) {
    link_limits limits;
    limits.credit_bytes = 2'500;
    limits.waiting_bytes = 3'000;
    limits.kept_bytes = 800;
    limits.ack_after_bytes = 600;
    ends_.emplace_back(101, limits);
    ends_.emplace_back(202, limits);
    open();
  }

  void run(unsigned steps) {
    for (unsigned i = 0; i < steps; ++i) {
      const auto who = below(2);
      if (below(3) == 0)
        speak(who);
      else
        carry(who, trouble_);
      if (below(3) == 0)
        pass(below(below(200) == 0 ? 600 : 8));
      if (below(1'500) == 0)
        hear(who, ends_[who].apply(to_link::lost{}));
      reopen();
    }
  }

  /// The network heals: everything that is sent arrives, in its order.
  void settle() {
    trouble_ = 0;
    const auto calm = [&] {
      for (int i = 0; i < 300; ++i) {
        while (!wires_[0].empty() || !wires_[1].empty()) {
          carry(0, 0);
          carry(1, 0);
        }
        pass(10);
        reopen();
      }
    };
    calm();
    for (std::size_t who = 0; who < 2; ++who)
      speak(who);
    calm();
  }

  /// After `settle`: both ends are in one session, and nothing of it is missing.
  void compare() {
    REQUIRE(ends_[0].core.is_up());
    REQUIRE(ends_[1].core.is_up());
    REQUIRE(ends_[0].core.session() == ends_[1].core.session());
    for (std::size_t who = 0; who < 2; ++who) {
      const auto& way = ways_[who];
      REQUIRE(way.heard == way.sent);
      REQUIRE(way.covered == way.published);
      REQUIRE(ends_[who].core.unacked_bytes() == 0);
      REQUIRE(ends_[who].core.waiting_bytes() == 0);
      REQUIRE(ends_[who].core.rooms_behind() == 0);
    }
  }

  void add_to(totals& all) const {
    all.sessions += session_ - first_session;
    all.heard += heard_;
    all.behind += behind_;
    for (const auto& end : ends_)
      all.dropped += end.core.counters().dropped_published;
    for (const auto& [story, count] : stories_)
      all.stories[story] += count;
  }

private:
  static constexpr std::uint64_t first_session = 1'000;

  std::size_t below(std::size_t bound) { return random_() % bound; }

  /// Both ends hear of the new session before any envelope of it.
  void open() {
    for (auto& way : ways_)
      way = {};
    inflight_ = {};
    acked_ = {};
    ++session_;
    for (std::size_t who = 0; who < 2; ++who)
      hear(who, ends_[who].apply(to_link::opened{session_, who == 0 ? 202u : 101u}));
    over_ = false;
  }

  void reopen() {
    if (over_ && below(4) == 0)
      open();
  }

  /// One turn of an actor.
  void speak(std::size_t who) {
    for (auto n = 1 + below(below(10) == 0 ? 40 : 3); n != 0; --n) {
      const auto id = std::to_string(++count_);
      const auto room = std::string{rooms[below(rooms.size())]};
      switch (below(6)) {
      case 0: say(who, answer(count_), "answer " + id); break;
      case 1: say(who, submit(id, below(500)), "submit " + id); break;
      case 2: say(who, news(room, from_room::marks_changed{{{"ann", count_, 0}}}), ""); break;
      default: {
        const auto seq = ways_[who].published[room] + 1;
        say(who, published(room, seq, below(300)), "");
        if (ends_[who].core.session() == session_)
          ways_[who].published[room] = seq;
      }
      }
    }
    hear(who, ends_[who].apply(to_link::flush{}));
  }

  /// Sends an item that must arrive when it has a `name` and was not refused.
  void say(std::size_t who, shared_item what, const std::string& name) {
    auto& way = ways_[who];
    const auto effects = ends_[who].apply(to_link::send{std::move(what)});
    if (!name.empty() && ends_[who].core.session() == session_ && all_of<link_does::refused>(effects).empty())
      way.sent.push_back(name);
    hear(who, effects);
  }

  /// Carries one envelope from `who` to the other end, or does not.
  void carry(std::size_t who, std::size_t trouble) {
    auto& wire = wires_[who];
    if (wire.empty())
      return;
    const auto at = trouble != 0 && wire.size() > 1 && below(400) < trouble ? 1 + below(wire.size() - 1) : 0;
    const auto bytes = wire[at];
    if (trouble == 0 || below(400) >= trouble) // … else it comes again later.
      wire.erase(wire.begin() + static_cast<std::ptrdiff_t>(at));
    if (trouble != 0 && below(400) < trouble)
      return;
    const auto other = 1 - who;
    if (const auto [header, items] = head_of(bytes); header.session == ends_[other].core.session())
      acked_[other] = std::max(acked_[other], header.ack);
    hear(other, ends_[other].apply(to_link::received{bytes}));
  }

  void pass(time_ms duration) {
    for (auto& end : ends_)
      end.now += duration;
    for (std::size_t who = 0; who < 2; ++who)
      if (auto& end = ends_[who]; end.wake_at != 0 && end.wake_at <= end.now) {
        end.wake_at = 0;
        hear(who, end.apply(to_link::tick{}));
      }
  }

  /// Checks what an end did, and puts its envelopes on the wire.
  void hear(std::size_t who, const link_effects& effects) {
    for (const auto& effect : effects) {
      if (const auto* one = std::get_if<link_does::transmit>(&effect))
        on_the_wire(who, one->bytes);
      if (const auto* one = std::get_if<link_does::deliver>(&effect))
        delivered(ways_[1 - who], one->what);
    }
    ends_[who].take_sent();
    ends_[who].take_heard();
    for (const auto& story : ends_[who].take_story()) {
      ++stories_[story];
      over_ = over_ || story.starts_with("reset") || story == "down: lost";
    }
  }

  void on_the_wire(std::size_t who, const std::string& bytes) {
    const auto [header, items_bytes] = head_of(bytes);
    REQUIRE(header.session == session_);
    if (header.number != 0)
      inflight_[who][header.number] = items_bytes;
    std::uint64_t unacked = 0;
    for (const auto& [number, size] : inflight_[who])
      unacked += number > acked_[who] ? size : 0;
    REQUIRE(unacked <= 2'500);
    wires_[who].push_back(bytes);
  }

  /// What arrives is the next of what was sent; of a room's messages, none is missing in silence.
  void delivered(direction& way, const item& what) {
    ++heard_;
    const auto* relay = std::get_if<for_relay>(&what);
    if (relay && !std::holds_alternative<from_room::ended>(relay->what)) {
      auto& covered = way.covered[relay->room];
      if (const auto* published = std::get_if<from_room::published>(&relay->what)) {
        REQUIRE(published->records.back().seq == covered + 1);
        ++covered;
      }
      if (const auto* behind = std::get_if<from_room::behind>(&relay->what)) {
        ++behind_;
        REQUIRE((behind->epoch.empty() || behind->head > covered));
        covered = std::max(covered, behind->head);
      }
      if (covered == 0)
        way.covered.erase(relay->room);
      return;
    }
    way.heard.push_back(told(what));
    REQUIRE(way.heard.size() <= way.sent.size());
    REQUIRE(way.heard.back() == way.sent[way.heard.size() - 1]);
  }

  std::mt19937_64 random_;
  std::size_t trouble_; ///< In 400.
  std::vector<link_tester> ends_;
  std::array<std::vector<std::string>, 2> wires_;
  std::array<direction, 2> ways_;
  std::array<std::map<std::uint64_t, std::uint64_t>, 2> inflight_;
  std::array<std::uint64_t, 2> acked_{}; ///< The highest ack that reached the end in this session.
  std::uint64_t session_ = first_session;
  std::uint64_t count_ = 0;
  bool over_ = false;
  std::size_t heard_ = 0;
  std::size_t behind_ = 0;
  std::map<std::string, std::size_t> stories_;
};

} // namespace

SCENARIO("over a shaky network, each session delivers a beginning of what was sent in it") {
  totals all;
  for (unsigned seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    shaky_network network(seed);
    network.run(3'000);
    network.settle();
    network.compare();
    network.add_to(all);
  }
  // The seeds have to exercise all of it.
  CAPTURE(all.stories);
  CHECK(all.sessions > 500);
  CHECK(all.heard > 20'000);
  CHECK(all.behind > 500);
  CHECK(all.dropped > 500);
  for (const auto* story : {"up", "down: lost", "down: replaced", "down: wrong_number", "down: stalled",
                            "down: overflow", "refused: full", "refused: closed"})
    CHECK(all.stories[story] > 0);
  // A peer that keeps to the rules is never taken for one that does not.
  for (const auto* story : {"reset: undecodable", "reset: other_version", "reset: wrong_incarnation",
                            "reset: wrong_ack", "reset: beyond_credit", "reset: unknown_session"})
    CHECK(all.stories[story] == 0);
}
