#include "actors/middleware/log_text.hpp"

#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>

namespace troupe::actors {

namespace {

bool is_plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

/// Ends a line, hides what follows, or turns the direction in which it is read.
bool misleads(UChar32 c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

void append_code(std::string& to, std::uint32_t unit) {
  std::array<char, 8> text{};
  const auto length = std::snprintf(text.data(), text.size(), "\\u%04x", static_cast<unsigned>(unit & 0xffff));
  to.append(text.data(), static_cast<std::size_t>(length));
}

} // namespace

void append_escaped(std::string& to, std::string_view text) {
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t at = 0; at < size;) {
    const auto from = at;
    if (is_plain(text[static_cast<std::size_t>(at)])) {
      while (at < size && is_plain(text[static_cast<std::size_t>(at)]))
        ++at;
      to.append(text, static_cast<std::size_t>(from), static_cast<std::size_t>(at - from));
      continue;
    }
    UChar32 c = 0;
    U8_NEXT(text.data(), at, size, c);
    if (c < 0) {
      for (auto i = from; i < at; ++i)
        append_code(to, static_cast<unsigned char>(text[static_cast<std::size_t>(i)]));
    } else if (c == '"' || c == '\\') {
      to += '\\';
      to += static_cast<char>(c);
    } else if (misleads(c)) {
      append_code(to, static_cast<std::uint32_t>(c));
    } else {
      to.append(text, static_cast<std::size_t>(from), static_cast<std::size_t>(at - from));
    }
  }
}

void append_word(std::string& to, std::string_view text) {
  const bool stands_alone =
    !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return is_plain(c) && c != ' ' && c != '='; });
  if (stands_alone) {
    to += text;
    return;
  }
  to += '"';
  append_escaped(to, text);
  to += '"';
}

void append_time(std::string& to, protocol::time_ms time) {
  using namespace std::chrono;
  const sys_time<milliseconds> at{milliseconds{time}};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss clock{at - day};
  std::array<char, 48> text{};
  const auto length =
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  to.append(text.data(), static_cast<std::size_t>(length));
}

} // namespace troupe::actors
