#include "apps/troupe/prove/pauses.hpp"

#include <catch2/catch.hpp>

using namespace troupe::prove;

SCENARIO("a pause ends with the first ack of a send that was issued after the fault") {
  pauses of{2};
  of.acked(0, 10, 20);
  CHECK(of.all_alive());
  CHECK(of.rows().empty());
  of.fault(fault_kind::kill, 1'000);
  CHECK_FALSE(of.all_alive());

  WHEN("something sent before is acked, the pause goes on") {
    of.acked(0, 900, 1'500);
    CHECK(of.rows()[0].first_ack_us == -1);
    CHECK(of.rows()[0].slowest_ack_us == 600);
  }
  WHEN("both rooms ack something sent after it") {
    of.acked(0, 1'100, 3'000);
    of.acked(0, 3'100, 3'200);
    CHECK_FALSE(of.all_alive());
    of.acked(1, 1'200, 1'300);
    THEN("each has its own pause, and its slowest ack") {
      CHECK(of.all_alive());
      CHECK(of.rows()[0].first_ack_us == 2'000);
      CHECK(of.rows()[0].slowest_ack_us == 1'900);
      CHECK(of.rows()[1].first_ack_us == 300);
      CHECK(of.rows()[1].slowest_ack_us == 100);
    }
  }
  WHEN("another fault comes before the first ack, one ack ends both") {
    of.fault(fault_kind::drain, 2'000);
    of.acked(1, 2'500, 2'600);
    CHECK(of.rows()[1].first_ack_us == 1'600);
    CHECK(of.rows()[3].first_ack_us == 600);
    CHECK(of.rows()[3].kind == fault_kind::drain);
    AND_WHEN("the ack is of a send between them, it ends the first only") {
      of.acked(0, 1'500, 2'700);
      CHECK(of.rows()[0].first_ack_us == 1'700);
      CHECK(of.rows()[2].first_ack_us == -1);
      CHECK(of.rows()[2].slowest_ack_us == 1'200);
    }
  }
}

SCENARIO("a room stands still while an ack is due and none comes") {
  pauses of{1};
  of.fault(fault_kind::drain, 0);
  WHEN("one client waits long, and others are acked meanwhile, the room does not stand still") {
    for (std::int64_t now = 100; now < 2'000; now += 100)
      of.acked(0, now - 10, now);
    of.acked(0, 50, 2'000);
    CHECK(of.rows()[0].standstill_us == 100);
    CHECK(of.rows()[0].slowest_ack_us == 1'950);
  }
  WHEN("nobody sends, it does not stand still either") {
    of.acked(0, 90, 100);
    of.acked(0, 4'990, 5'000);
    CHECK(of.rows()[0].standstill_us == 10);
  }
}

SCENARIO("pauses are summed up by the kind of fault") {
  std::vector<room_pause> rows;
  for (std::size_t room = 0; room < 100; ++room)
    rows.push_back({0, fault_kind::kill, room, static_cast<std::int64_t>(room) * 10, 4, 5});
  rows.push_back({1, fault_kind::kill, 7});
  rows.push_back({2, fault_kind::cut, 3, 50, 50, 60});
  const auto sums = summed_up(rows);
  REQUIRE(sums.size() == 2);
  const auto& kill = sums.at(fault_kind::kill);
  CHECK(kill.faults == 2);
  CHECK(kill.rooms == 101);
  CHECK(kill.silent == 1);
  CHECK(kill.first_ack.p50_us == 500);
  CHECK(kill.first_ack.p99_us == 980);
  CHECK(kill.first_ack.max_us == 990);
  CHECK(kill.worst_room == 99);
  CHECK(kill.standstill.max_us == 4);
  CHECK(kill.slowest_ack.max_us == 5);
  CHECK(sums.at(fault_kind::cut).first_ack.max_us == 50);
}
