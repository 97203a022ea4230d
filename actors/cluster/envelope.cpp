#include "actors/cluster/envelope.hpp"

#include "actors/cluster/bounded_archive.hpp"
#include "actors/recording/archive.hpp"

#include <cassert>
#include <ostream>
#include <streambuf>
#include <type_traits>

namespace troupe::actors {

namespace {

constexpr std::size_t prefix_bytes = sizeof(std::uint16_t) + sizeof(std::uint32_t);

/// A stream that ends in a string; a stringstream would copy everything once more.
class appending : public std::streambuf {
public:
  explicit appending(std::string& into) : into_(into) {}

protected:
  int_type overflow(int_type c) override {
    into_.push_back(traits_type::to_char_type(c));
    return c;
  }
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    into_.append(bytes, static_cast<std::size_t>(count));
    return count;
  }

private:
  std::string& into_;
};

template <class T>
void append_archive(std::string& to, const T& what) {
  appending buffer(to);
  std::ostream stream(&buffer);
  cereal::PortableBinaryOutputArchive archive(stream, cereal::PortableBinaryOutputArchive::Options::LittleEndian());
  archive(what);
}

template <class Unsigned>
void put(std::string& bytes, std::size_t at, Unsigned value) {
  for (std::size_t i = 0; i < sizeof value; ++i)
    bytes[at + i] = static_cast<char>(value >> (8 * i));
}

template <class Unsigned>
Unsigned get(std::string_view bytes, std::size_t at) {
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i)
    value = static_cast<Unsigned>(value | static_cast<Unsigned>(static_cast<unsigned char>(bytes[at + i])) << (8 * i));
  return value;
}

/// Whether relays say it; the other commands are answers of the log or of the clock.
bool is_for_travel(const to_room::command& what) {
  return std::visit(
    [](const auto& c) {
      using type = std::remove_cvref_t<decltype(c)>;
      constexpr bool from_a_relay = requires { c.relay; };
      return from_a_relay && !std::is_same_v<type, to_room::not_belonging> && !std::is_same_v<type, to_room::lost>;
    },
    what);
}

/// Whoever leaves has left, whatever the link has space for.
when_full when_full_of(const for_room& what) {
  return std::visit(
    [](const auto& command) {
      using type = std::decay_t<decltype(command)>;
      if constexpr (std::is_same_v<type, to_room::submit> || std::is_same_v<type, to_room::fetch>)
        return when_full::refuse;
      else if constexpr (std::is_same_v<type, to_room::join> || std::is_same_v<type, to_room::who>)
        return command.re ? when_full::refuse : when_full::reset;
      else if constexpr (std::is_same_v<type, to_room::typing>)
        return when_full::drop;
      else
        return when_full::reset;
    },
    what.what);
}

/// Presence and marks are large, and asked for by as many as like; pages have their turns. Where nobody can be told that
/// they were left out, the relay asks anew for all its members.
when_full when_full_of(const from_room::answered& what) {
  namespace server = protocol::server;
  if (const auto* presence = std::get_if<server::presence>(&what.answer))
    return presence->re ? when_full::refuse : when_full::fall_behind;
  return std::holds_alternative<server::marks>(what.answer) ? when_full::fall_behind : when_full::reset;
}

when_full when_full_of(const for_relay& what) {
  return std::visit(
    [](const auto& news) {
      using type = std::remove_cvref_t<decltype(news)>;
      if constexpr (std::is_same_v<type, from_room::published> || std::is_same_v<type, from_room::presence_changed> ||
                    std::is_same_v<type, from_room::marks_changed>)
        return when_full::fall_behind;
      else if constexpr (std::is_same_v<type, from_room::typing_seen>)
        return when_full::drop;
      else if constexpr (std::is_same_v<type, from_room::answered>)
        return when_full_of(news);
      else
        return when_full::reset;
    },
    what.what);
}

when_full when_full_of(const for_users&) { return when_full::drop; }
when_full when_full_of(const look&) { return when_full::drop; }

/// One item without its prefix.
item read_item(std::size_t kind, std::string_view bytes) {
  item what;
  boost::mp11::mp_with_index<std::variant_size_v<item>>(
    kind - 1, [&](auto i) { what.emplace<i>(bounded_archive::decode<std::variant_alternative_t<i, item>>(bytes)); });
  if (const auto* command = std::get_if<for_room>(&what); command && !is_for_travel(command->what))
    throw undecodable("a room was told what only its log may say");
  return what;
}

} // namespace

shared_item encode_item(const item& what, std::shared_ptr<void> turn) {
  auto encoded = std::make_shared<encoded_item>();
  encoded->turn = std::move(turn);
  auto& bytes = encoded->bytes;
  bytes.resize(prefix_bytes);
  std::visit(
    [&](const auto& alternative) {
      using type = std::remove_cvref_t<decltype(alternative)>;
      append_archive(bytes, alternative);
      encoded->full = when_full_of(alternative);
      if constexpr (requires { alternative.room; })
        encoded->room = alternative.room;
      if constexpr (requires { alternative.term; })
        encoded->term = alternative.term;
      if constexpr (std::is_same_v<type, for_room>)
        assert(is_for_travel(alternative.what));
      if constexpr (std::is_same_v<type, for_relay>)
        if (const auto* published = std::get_if<from_room::published>(&alternative.what)) {
          encoded->epoch = published->epoch;
          encoded->head = published->records.empty() ? 0 : published->records.back().seq;
        }
    },
    what);
  put(bytes, 0, static_cast<std::uint16_t>(what.index() + 1));
  put(bytes, sizeof(std::uint16_t), static_cast<std::uint32_t>(bytes.size() - prefix_bytes));
  return encoded;
}

std::string encode_head(const envelope_header& header, std::size_t items_bytes) {
  std::string bytes;
  bytes.reserve(envelope_head_bytes + items_bytes);
  bytes.append(envelope_magic);
  bytes.push_back(static_cast<char>(envelope_major));
  bytes.push_back(static_cast<char>(envelope_minor));
  append_archive(bytes, header);
  return bytes;
}

std::variant<sealed_envelope, envelope_failure> read_head(std::string_view bytes) {
  if (bytes.size() < envelope_head_bytes || !bytes.starts_with(envelope_magic))
    return envelope_failure{false, "these bytes are no envelope"};
  const auto major = get<std::uint8_t>(bytes, envelope_magic.size());
  if (major != envelope_major)
    return envelope_failure{true, "the peer speaks version " + std::to_string(major) + " of the link, this node " +
                                    std::to_string(envelope_major)};
  try {
    const auto archive_at = envelope_magic.size() + 2;
    return sealed_envelope{
      bounded_archive::decode<envelope_header>(bytes.substr(archive_at, envelope_head_bytes - archive_at)),
      get<std::uint8_t>(bytes, envelope_magic.size() + 1), bytes.substr(envelope_head_bytes)};
  } catch (const undecodable& e) {
    return envelope_failure{false, e.what()};
  }
}

std::variant<std::vector<item>, envelope_failure> read_items(const sealed_envelope& envelope) {
  std::vector<item> all;
  auto left = envelope.items;
  try {
    while (!left.empty()) {
      if (left.size() < prefix_bytes)
        throw undecodable("the prefix of an item is cut off");
      const auto kind = get<std::uint16_t>(left, 0);
      const auto length = get<std::uint32_t>(left, sizeof(std::uint16_t));
      left.remove_prefix(prefix_bytes);
      if (length > left.size())
        throw undecodable("an item reaches beyond the end");
      if (envelope.items.size() > batch_bytes_max && length != left.size())
        throw undecodable("several items are larger than a batch");
      if (prefix_bytes + length > item_bytes_max)
        throw undecodable("an item is too large");
      if (kind >= 1 && kind <= std::variant_size_v<item>)
        all.push_back(read_item(kind, left.substr(0, length)));
      else if (kind == 0 || envelope.minor <= envelope_minor)
        throw undecodable("there are no items of kind " + std::to_string(kind));
      left.remove_prefix(length);
    }
  } catch (const undecodable& e) {
    return envelope_failure{false, e.what()};
  }
  return all;
}

item decode_item(const encoded_item& what) {
  return read_item(get<std::uint16_t>(what.bytes, 0), std::string_view{what.bytes}.substr(prefix_bytes));
}

} // namespace troupe::actors
