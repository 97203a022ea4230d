#include "actors/fanout_table.hpp"

#include <catch2/catch.hpp>

#include <memory>

using namespace troupe;
using namespace troupe::actors;

namespace {

class listener final : public addressee {
public:
  explicit listener(std::string user) : user_(std::move(user)) {}
  void hear(to_connection::news what) override { heard.push_back(std::move(what)); }
  void acked(protocol::request_id, subscription* of, const room_frame& what) override {
    acks.push_back(what.seq);
    subscribed = of != nullptr;
  }
  void deliver(subscription&, const room_frame& what) override { messages.push_back(what.seq); }
  void restart(const std::string& room, subscription&) override { restarted.push_back(room); }
  const std::string& user() const override { return user_; }

  std::vector<to_connection::news> heard;
  std::vector<seq_t> messages;
  std::vector<seq_t> acks;
  std::vector<std::string> restarted;
  bool subscribed = false;

private:
  std::string user_;
};

delivery_item item_of(seq_t seq) { return {{frame::make("x"), frame_class::message, seq}, {}, ""}; }

} // namespace

SCENARIO("a batch reaches every listener of its room once, with acks in place of messages") {
  fanout_table table;
  listener ann("ann"), bob("bob"), passer_by("cat");
  subscription a{{}}, b{{}};
  table.enter(1, ann);
  table.enter(2, bob);
  table.enter(3, passer_by);
  table.subscribe(1, "lounge", a);
  table.subscribe(2, "lounge", b);

  delivery batch{"lounge", {item_of(1), item_of(2), item_of(3)}};
  batch.items[1].acks = {{1, 7, frame::make("ack")}, {3, 8, frame::make("ack")}, {9, 9, frame::make("gone")}};
  batch.items[2].except = "bob";
  table.deliver(batch);
  CHECK(ann.messages == std::vector<seq_t>{1, 3});
  CHECK(ann.acks == std::vector<seq_t>{2});
  CHECK(ann.subscribed);
  CHECK(bob.messages == std::vector<seq_t>{1, 2});
  CHECK(passer_by.messages.empty());
  CHECK(passer_by.acks == std::vector<seq_t>{2});
  CHECK_FALSE(passer_by.subscribed);

  WHEN("an operator asks") {
    b.begin_catching();
    b.catching_failed();
    const auto health = table.report("lounge", 0);
    CHECK(health.listeners == 2);
    CHECK(health.gapped == 1);
    CHECK(table.report("attic", 0) == listeners_health{});
  }
  WHEN("fan-out is timed") {
    auto* times = table.deliver({"lounge", {item_of(4)}});
    REQUIRE(times);
    times->add(70, 1);
    CHECK(table.report("lounge", 1).fan_out.last_us == 70);
    CHECK_FALSE(table.deliver({"attic", {item_of(1)}}));
  }
  WHEN("one leaves") {
    table.unsubscribe(1, "lounge");
    table.deliver({"lounge", {item_of(4)}});
    CHECK(ann.messages.size() == 2);
    CHECK(bob.messages.back() == 4);
  }
  WHEN("everybody is expelled") {
    table.expel({"lounge", "restarted"});
    CHECK(bob.heard.size() == 1);
    CHECK(ann.heard.size() == 1);
    CHECK(passer_by.heard.empty());
  }
  WHEN("the log is another one") {
    table.deliver({"lounge", {item_of(1)}, 0, true});
    CHECK(bob.restarted == std::vector<std::string>{"lounge"});
    CHECK(passer_by.restarted.empty());
  }
  WHEN("nobody is there any more") {
    table.leave(2);
    table.answer({2, protocol::server::ok{1}});
    CHECK(bob.heard.empty());
  }
}
