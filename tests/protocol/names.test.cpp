#include "protocol/names.hpp"
#include "protocol/limits.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe::protocol;

TEST_CASE("user ids are 1 to 64 of their characters") {
  for (const char* good : {"a", "ann", "Ann.B_c@example-1.org", "0"})
    CHECK(is_user(good));
  for (const char* bad : {"", "a b", "a/b", "a:b", "ä", "a\n", "a\x7f"})
    CHECK_FALSE(is_user(bad));
  CHECK(is_user(std::string(64, 'a')));
  CHECK_FALSE(is_user(std::string(65, 'a')));
  CHECK_FALSE(is_user(std::string("a\0b", 3)));
}

TEST_CASE("room names are 1 to 160 of their characters") {
  for (const char* good : {"lounge", "support/42", "dm:ann:bob", "a.b_c-d@e:f/g"})
    CHECK(is_room(good));
  for (const char* bad : {"", "a b", "a*", "a?b", "ä", "a%2f", "a\\b"})
    CHECK_FALSE(is_room(bad));
  CHECK(is_room(std::string(160, 'a')));
  CHECK_FALSE(is_room(std::string(161, 'a')));
}

TEST_CASE("clients send four kinds and their own") {
  for (const char* good : {"text", "edit", "delete", "reaction", "x-a", "x-poll-2"})
    CHECK(is_client_kind(good));
  for (const char* bad : {"", "system", "Text", "x", "x-", "x-A", "x_a", "x-a b", "y-a"})
    CHECK_FALSE(is_client_kind(bad));
  CHECK(is_client_kind("x-" + std::string(30, 'a')));
  CHECK_FALSE(is_client_kind("x-" + std::string(31, 'a')));
}

TEST_CASE("UTF-8 is complete, shortest and without surrogates") {
  for (const std::string good : {"", "plain", "ä", "€", "😀", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"})
    CHECK(is_utf8(good));
  CHECK(is_utf8(std::string(1, '\0')));
  for (const std::string bad :
       {"\x80", "\xc3", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf",
        "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "a\xfe"}) {
    CAPTURE(bad.size());
    CHECK_FALSE(is_utf8(bad));
    // Wherever it stands in the words that are read at once.
    for (std::size_t before = 0; before < 18; ++before)
      REQUIRE_FALSE(is_utf8(std::string(before, 'a') + bad + (bad.size() == 1 && bad[0] == '\xc3' ? "a" : "")));
  }
}

SCENARIO("ULIDs carry their time") {
  // The example of the ULID specification: 01ARZ3NDEKTSV4RRFFQ69G5FAV is 1469922850259 ms.
  CHECK(ulid_time("01ARZ3NDEKTSV4RRFFQ69G5FAV") == 1469922850259);
  CHECK(ulid_time("00000000000000000000000000") == 0);
  CHECK(ulid_time("7ZZZZZZZZZZZZZZZZZZZZZZZZZ") == (std::int64_t{1} << 48) - 1);
  for (const char* bad : {"", "01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAVX", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
                          "01arz3ndektsv4rrffq69g5fav", "01ARZ3NDEKTSV4RRFFQ69G5FAI", "01ARZ3NDEKTSV4RRFFQ69G5FAL",
                          "01ARZ3NDEKTSV4RRFFQ69G5FAO", "01ARZ3NDEKTSV4RRFFQ69G5FAU", "01ARZ3NDEKTSV4RRFFQ69G5FA "})
    CHECK_FALSE(ulid_time(bad));

  GIVEN("made ones") {
    const unsigned char zeros[10]{};
    const unsigned char ones[10]{255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    const unsigned char counted[10]{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    CHECK(make_ulid(0, zeros) == "00000000000000000000000000");
    CHECK(make_ulid((std::int64_t{1} << 48) - 1, ones) == "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    // python3: bits = int.from_bytes(bytes(range(1, 11)), 'big');
    //          ''.join('0123456789ABCDEFGHJKMNPQRSTVWXYZ'[bits >> s & 31] for s in range(75, -1, -5))
    CHECK(make_ulid(1469922850259, counted) == "01ARZ3NDEK041061050R3GG28A");
    CHECK(ulid_time(make_ulid(1'717'171'717'171, counted)) == 1'717'171'717'171);
  }
}

TEST_CASE("a direct message is named by its two users in order") {
  CHECK(direct_message_users("dm:ann:bob") == std::pair<std::string_view, std::string_view>{"ann", "bob"});
  CHECK(direct_message_users("dm:Zoe:ann").has_value()); // byte order: upper case first
  for (const char* bad : {"lounge", "dm:", "dm:ann", "dm:ann:", "dm::bob", "dm:bob:ann", "dm:ann:ann", "dm:ann:bob:cid",
                          "dm:a/b:c", "DM:ann:bob"})
    CHECK_FALSE(direct_message_users(bad));
}
