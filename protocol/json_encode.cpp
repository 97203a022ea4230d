#include "protocol/codec.hpp"
#include "protocol/described.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace troupe::protocol {

namespace {

/// A text put together by the compiler.
template <std::size_t N>
struct fixed_text {
  std::array<char, N> chars{};
  constexpr operator std::string_view() const { return {chars.data(), N}; }
};

/// `before` + `name` + `after`, as in `,"room":`.
template <std::size_t N>
consteval fixed_text<N> joined_text(std::string_view before, std::string_view name, std::string_view after) {
  fixed_text<N> text;
  std::size_t at = 0;
  for (const auto part : {before, name, after})
    for (const char c : part)
      text.chars[at++] = c;
  return text;
}

/// The key of a field with what stands before it: a comma, or the opening brace.
template <class Field, char Before>
inline constexpr auto
  key_text = joined_text<std::string_view{Field::name}.size() + 4>(std::string_view{Before == ',' ? ",\"" : "{\""},
                                                                   Field::name, "\":");

/// `{"type":"ack"`
template <class Message>
inline constexpr auto
  head_text = joined_text<std::string_view{Message::wire_name}.size() + 10>("{\"type\":\"", Message::wire_name, "\"");

/// The high bit of each byte that JSON wants escaped: a quote, a backslash or a control
/// character. A byte that follows such a one may be marked by a borrow, never missed.
constexpr std::uint64_t to_escape(std::uint64_t eight) {
  constexpr std::uint64_t ones = 0x0101010101010101u;
  constexpr std::uint64_t highs = 0x8080808080808080u;
  const auto quote = eight ^ (ones * '"');
  const auto backslash = eight ^ (ones * '\\');
  return ((eight - ones * 0x20) | (quote - ones) | (backslash - ones)) & ~eight & highs;
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
  case '"': out += "\\\""; return;
  case '\\': out += "\\\\"; return;
  case '\b': out += "\\b"; return;
  case '\f': out += "\\f"; return;
  case '\n': out += "\\n"; return;
  case '\r': out += "\\r"; return;
  case '\t': out += "\\t"; return;
  default: break;
  }
  const auto byte = static_cast<unsigned char>(c);
  const std::array<char, 6> escape{'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
  out.append(escape.data(), escape.size());
}

bool is_plain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

/// Where the first character to escape stands, or the size.
std::size_t plain_prefix(std::string_view text) {
  std::size_t at = 0;
  for (std::uint64_t eight = 0; at + sizeof eight <= text.size(); at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    if (const auto marks = to_escape(eight); marks != 0) {
      if constexpr (std::endian::native == std::endian::little)
        return at + static_cast<std::size_t>(std::countr_zero(marks)) / 8;
      break;
    }
  }
  while (at < text.size() && is_plain(text[at]))
    ++at;
  return at;
}

void write(std::string& out, std::string_view text) {
  out += '"';
  for (;;) {
    const auto plain = plain_prefix(text);
    out.append(text.data(), plain);
    if (plain == text.size())
      break;
    append_escaped(out, text[plain]);
    text.remove_prefix(plain + 1);
  }
  out += '"';
}

void write(std::string& out, const std::string& text) { write(out, std::string_view{text}); }

void write(std::string& out, bool flag) { out += flag ? "true" : "false"; }

template <std::integral Number>
void write(std::string& out, Number number) {
  std::array<char, 20> digits; // -2^63 and 2^64 − 1 have 20
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

template <described_enum Enum>
void write(std::string& out, Enum value) {
  ((out += '"') += name_of(value)) += '"';
}

template <described Object>
void write(std::string& out, const Object& object);

template <class T>
void write(std::string& out, const std::vector<T>& list) {
  out += '[';
  for (bool first = true; const auto& element : list) {
    if (!std::exchange(first, false))
      out += ',';
    write(out, element);
  }
  out += ']';
}

template <class Field, char Before, class Member>
void write_field(std::string& out, const Member& member) {
  if constexpr (is_optional<Member>) {
    if (member) {
      out += key_text<Field, Before>;
      write(out, *member);
    }
  } else {
    out += key_text<Field, Before>;
    write(out, member);
  }
}

template <described Object>
void write(std::string& out, const Object& object) {
  using fields = fields_of<Object>;
  using first = boost::mp11::mp_front<fields>;
  static_assert(!is_optional<field_type<first, Object>>, "the first field carries the opening brace");
  write_field<first, '{'>(out, object.*first::pointer);
  boost::mp11::mp_for_each<boost::mp11::mp_pop_front<fields>>(
    [&](auto field) { write_field<decltype(field), ','>(out, object.*field.pointer); });
  out += '}';
}

} // namespace

template <class Message>
void encode_json(std::string& out, const Message& message) {
  out += head_text<Message>;
  boost::mp11::mp_for_each<fields_of<Message>>(
    [&](auto field) { write_field<decltype(field), ','>(out, message.*field.pointer); });
  out += '}';
}

// clang-format off
template void encode_json(std::string&, const client::hello&);
template void encode_json(std::string&, const client::refresh&);
template void encode_json(std::string&, const client::ping&);
template void encode_json(std::string&, const client::rooms&);
template void encode_json(std::string&, const client::join&);
template void encode_json(std::string&, const client::leave&);
template void encode_json(std::string&, const client::send&);
template void encode_json(std::string&, const client::fetch&);
template void encode_json(std::string&, const client::presence&);
template void encode_json(std::string&, const client::typing&);
template void encode_json(std::string&, const client::mark&);
template void encode_json(std::string&, const client::moderate&);
template void encode_json(std::string&, const server::welcome&);
template void encode_json(std::string&, const server::ok&);
template void encode_json(std::string&, const server::pong&);
template void encode_json(std::string&, const server::rooms&);
template void encode_json(std::string&, const server::joined&);
template void encode_json(std::string&, const server::ack&);
template void encode_json(std::string&, const server::page&);
template void encode_json(std::string&, const server::presence&);
template void encode_json(std::string&, const server::typing&);
template void encode_json(std::string&, const server::marks&);
template void encode_json(std::string&, const server::message&);
template void encode_json(std::string&, const server::gap&);
template void encode_json(std::string&, const server::head&);
template void encode_json(std::string&, const server::activity&);
template void encode_json(std::string&, const server::goaway&);
template void encode_json(std::string&, const server::closed&);
template void encode_json(std::string&, const server::error&);
// clang-format on

} // namespace troupe::protocol
