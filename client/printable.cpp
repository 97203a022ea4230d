#include "client/printable.hpp"

#include <cstdint>
#include <optional>

namespace troupe::client {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

struct scalar {
  std::uint32_t value = 0;
  std::size_t bytes = 0; ///< 0 = these bytes are no UTF-8.
};

scalar next(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = byte(0);
  const std::size_t bytes = first < 0x80                    ? 1
                            : first >= 0xC2 && first < 0xE0 ? 2
                            : first >= 0xE0 && first < 0xF0 ? 3
                            : first >= 0xF0 && first < 0xF5 ? 4
                                                            : 0;
  if (bytes == 0 || bytes > text.size())
    return {};
  std::uint32_t value = bytes == 1 ? first : first & (0xFFu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80)
      return {};
    value = value << 6 | (byte(i) & 0x3Fu);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  if (overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
    return {};
  return {value, bytes};
}

bool within(std::uint32_t c, std::uint32_t first, std::uint32_t last) { return c >= first && c <= last; }

/// Turns the direction of text, is invisible, or means nothing to others.
bool misleading(std::uint32_t c) {
  return within(c, 0x80, 0x9F)                                     // C1 controls
         || c == 0xAD || c == 0x61C || c == 0x180E                 // soft hyphen, Arabic letter mark
         || c == 0x200B || within(c, 0x200E, 0x200F)               // zero width space, marks of direction
         || within(c, 0x2028, 0x202E) || within(c, 0x2060, 0x206F) // separators, overrides, isolates
         || c == 0xFEFF || within(c, 0xFFF9, 0xFFFB)               // byte order mark, annotations
         || within(c, 0xE000, 0xF8FF) || c >= 0xE0000              // private use, tags
         || (c & 0xFFFE) == 0xFFFE || within(c, 0xFDD0, 0xFDEF);   // not characters
}

bool combining(std::uint32_t c) {
  return within(c, 0x300, 0x36F) || within(c, 0x483, 0x489) || within(c, 0x591, 0x5BD) || within(c, 0x610, 0x61A) ||
         within(c, 0x64B, 0x65F) || within(c, 0xE31, 0xE3A) || within(c, 0xE47, 0xE4E) || within(c, 0x1AB0, 0x1AFF) ||
         within(c, 0x1DC0, 0x1DFF) || within(c, 0x20D0, 0x20FF) || within(c, 0xFE00, 0xFE0F) ||
         within(c, 0xFE20, 0xFE2F) || c == 0x200C || c == 0x200D;
}

bool wide(std::uint32_t c) {
  return within(c, 0x1100, 0x115F) || within(c, 0x2E80, 0xA4CF) || within(c, 0xAC00, 0xD7A3) ||
         within(c, 0xF900, 0xFAFF) || within(c, 0xFE30, 0xFE6F) || within(c, 0xFF00, 0xFF60) ||
         within(c, 0xFFE0, 0xFFE6) || within(c, 0x1F300, 0x1FAFF) || within(c, 0x20000, 0x3FFFD);
}

void append_picture(std::string& out, std::uint32_t control) {
  // U+2400 … show the names of the control characters.
  out += "\xE2\x90";
  out += static_cast<char>(control == 0x7F ? 0xA1 : 0x80 + control);
}

} // namespace

std::string printable(std::string_view text, std::size_t marks_max) {
  std::string out;
  out.reserve(text.size());
  std::size_t marks = 0;
  while (!text.empty()) {
    const auto c = next(text);
    if (c.bytes == 0) {
      out += replacement;
      text.remove_prefix(1);
      continue;
    }
    if (combining(c.value)) {
      if (marks++ < marks_max)
        out += text.substr(0, c.bytes);
      text.remove_prefix(c.bytes);
      continue;
    }
    marks = 0;
    if (text.starts_with("\r\n")) {
      out += " \xE2\x8F\x8E ";
      text.remove_prefix(2);
      continue;
    }
    if (c.value == '\n')
      out += " \xE2\x8F\x8E ";
    else if (c.value == '\t')
      out += ' ';
    else if (c.value < 0x20 || c.value == 0x7F)
      append_picture(out, c.value);
    else if (misleading(c.value))
      out += replacement;
    else
      out += text.substr(0, c.bytes);
    text.remove_prefix(c.bytes);
  }
  return out;
}

std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    const auto c = next(text);
    if (c.bytes == 0) {
      text.remove_prefix(1);
      ++count;
      continue;
    }
    count += combining(c.value) ? 0 : wide(c.value) ? 2 : 1;
    text.remove_prefix(c.bytes);
  }
  return count;
}

} // namespace troupe::client
