#include "protocol/names.hpp"

#include "protocol/limits.hpp"

#include <boost/nowide/utf/utf.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace troupe::protocol {

namespace {

/// Which bytes a kind of name may hold, as a table: names are checked for every frame.
using byte_set = std::array<bool, 256>;

constexpr byte_set bytes_of(std::string_view extra, bool upper = true) {
  byte_set set{};
  for (char c = '0'; c <= '9'; ++c)
    set[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c)
    set[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; upper && c <= 'Z'; ++c)
    set[static_cast<unsigned char>(c)] = true;
  for (const char c : extra)
    set[static_cast<unsigned char>(c)] = true;
  return set;
}

constexpr byte_set user_bytes = bytes_of("_.@-");
constexpr byte_set room_bytes = bytes_of("_.:/@-");
constexpr byte_set kind_bytes = bytes_of("-", false);

bool consists_of(std::string_view text, const byte_set& set) {
  return std::ranges::all_of(text, [&](char c) { return set[static_cast<unsigned char>(c)]; });
}

constexpr std::string_view crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::uint8_t no_digit = 0xff;

constexpr auto crockford_values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(no_digit);
  for (std::size_t i = 0; i < crockford.size(); ++i)
    values[static_cast<unsigned char>(crockford[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

constexpr std::size_t ulid_time_digits = 10;

} // namespace

bool is_user(std::string_view text) {
  return !text.empty() && text.size() <= limits::user_bytes_max && consists_of(text, user_bytes);
}

bool is_room(std::string_view text) {
  return !text.empty() && text.size() <= limits::room_bytes_max && consists_of(text, room_bytes);
}

bool is_client_kind(std::string_view text) {
  if (text == "text" || text == "edit" || text == "delete" || text == "reaction")
    return true;
  return text.size() > 2 && text.size() <= limits::kind_bytes_max && text.starts_with("x-") &&
         consists_of(text, kind_bytes);
}

bool is_utf8(std::string_view bytes) {
  constexpr std::uint64_t high_bits = 0x8080808080808080u;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end) {
    // Mostly ASCII, so eight bytes at a time until something else comes.
    if (std::uint64_t eight = 0; end - at >= 8) {
      std::memcpy(&eight, at, sizeof eight);
      if ((eight & high_bits) == 0) {
        at += 8;
        continue;
      }
    }
    if (static_cast<unsigned char>(*at) < 0x80) {
      ++at;
      continue;
    }
    const auto point = boost::nowide::utf::utf_traits<char>::decode(at, end);
    if (point == boost::nowide::utf::illegal || point == boost::nowide::utf::incomplete)
      return false;
  }
  return true;
}

std::optional<time_ms> ulid_time(std::string_view text) {
  // 26 digits hold 130 bits; the first may only be 0–7 so that 128 suffice.
  if (text.size() != limits::cid_bytes || text.front() < '0' || text.front() > '7')
    return std::nullopt;
  time_ms time = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto value = crockford_values[static_cast<unsigned char>(text[i])];
    if (value == no_digit)
      return std::nullopt;
    if (i < ulid_time_digits)
      time = (time << 5) | value;
  }
  return time;
}

std::string make_ulid(time_ms time, const unsigned char (&randomness)[10]) {
  std::string text(limits::cid_bytes, '0');
  auto rest = static_cast<std::uint64_t>(time) & 0xffff'ffff'ffffu;
  for (std::size_t i = ulid_time_digits; i-- > 0; rest >>= 5)
    text[i] = crockford[rest & 31];
  // 80 bits are twice 40 bits: five bytes make eight digits.
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 5; ++i)
      bits = (bits << 8) | randomness[half * 5 + i];
    for (std::size_t i = 8; i-- > 0; bits >>= 5)
      text[ulid_time_digits + half * 8 + i] = crockford[bits & 31];
  }
  return text;
}

std::optional<std::pair<std::string_view, std::string_view>> direct_message_users(std::string_view room) {
  constexpr std::string_view prefix = "dm:";
  if (!room.starts_with(prefix))
    return std::nullopt;
  const auto pair = room.substr(prefix.size());
  const auto colon = pair.find(':');
  if (colon == std::string_view::npos)
    return std::nullopt;
  const auto first = pair.substr(0, colon);
  const auto second = pair.substr(colon + 1);
  // User ids hold no colon, so a third part makes the second name ill-formed.
  if (!is_user(first) || !is_user(second) || first >= second)
    return std::nullopt;
  return std::pair{first, second};
}

} // namespace troupe::protocol
