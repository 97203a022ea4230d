#include "apps/troupe/bench/stamp.hpp"

#include <bit>
#include <cstring>

namespace troupe::bench {

namespace {

static_assert(std::endian::native == std::endian::little);

void write_word(char* to, std::uint32_t value) {
  for (int i = 7; i >= 0; --i, value >>= 4)
    to[i] = static_cast<char>('a' + (value & 15u));
}

/// Eight letters to 32 bits; `wrong` collects the bits that no letter a..p leaves.
std::uint32_t read_word(const char* from, std::uint64_t& wrong) noexcept {
  std::uint64_t v;
  std::memcpy(&v, from, 8);
  v -= 0x6161616161616161u; // A letter below 'a' borrows and shows in the high bits.
  wrong |= v & 0xF0F0F0F0F0F0F0F0u;
  v = __builtin_bswap64(v);
  v = (v | (v >> 4)) & 0x00FF00FF00FF00FFu;
  v = (v | (v >> 8)) & 0x0000FFFF0000FFFFu;
  return static_cast<std::uint32_t>(v | (v >> 16));
}

} // namespace

void write_stamp(std::string& out, const stamp& what, std::size_t payload_bytes) {
  char text[stamp_bytes];
  const auto time = static_cast<std::uint64_t>(what.scheduled_ns);
  write_word(text, what.run);
  write_word(text + 8, what.room);
  write_word(text + 16, what.sender);
  write_word(text + 24, what.number);
  write_word(text + 32, static_cast<std::uint32_t>(time >> 32));
  write_word(text + 40, static_cast<std::uint32_t>(time));
  out.append(text, stamp_bytes);
  if (payload_bytes > stamp_bytes)
    out.append(payload_bytes - stamp_bytes, '.');
}

bool read_stamp(const char* from, stamp& out) noexcept {
  std::uint64_t wrong = 0;
  out.run = read_word(from, wrong);
  out.room = read_word(from + 8, wrong);
  out.sender = read_word(from + 16, wrong);
  out.number = read_word(from + 24, wrong);
  const std::uint64_t high = read_word(from + 32, wrong);
  out.scheduled_ns = static_cast<std::int64_t>((high << 32) | read_word(from + 40, wrong));
  return wrong == 0;
}

} // namespace troupe::bench
