#include "apps/troupe/prove/stream_watch.hpp"

#include <catch2/catch.hpp>

using namespace troupe::prove;

SCENARIO("a sound stream raises no alarm") {
  stream_watch watch{2};
  for (seq_t seq = 1; seq <= 3 * stream_watch::numbers_max; ++seq) {
    watch.numbered(0, seq, "ann", std::to_string(seq)); // her ack
    watch.numbered(0, seq, "ann", std::to_string(seq)); // what another one hears
  }
  watch.numbered(1, 1, "ann", "1");
  CHECK(watch.lost() + watch.doubled() + watch.out_of_order() == 0);
  CHECK(watch.highest(0) == 3 * stream_watch::numbers_max);
  CHECK(watch.highest(1) == 1);
}

SCENARIO("what contradicts what was told before is noticed") {
  stream_watch watch{1};
  watch.numbered(0, 1, "ann", "a");
  WHEN("the number holds another message") {
    watch.numbered(0, 1, "bob", "b");
    CHECK(watch.lost() == 1);
  }
  WHEN("the message has another number too") {
    watch.numbered(0, 2, "ann", "a");
    CHECK(watch.doubled() == 1);
    CHECK(watch.lost() == 0);
  }
  WHEN("another one used the same cid, that is another message") {
    watch.numbered(0, 2, "bob", "a");
    CHECK(watch.doubled() == 0);
  }
  WHEN("a log breaks off, or a stream goes back") {
    watch.broke_off();
    watch.went_back();
    CHECK(watch.lost() == 1);
    CHECK(watch.out_of_order() == 1);
  }
}
