// actors/cluster/envelope.hpp
//
// What one node sends another over their link: envelopes of items.
//
//   "TRPL" | major (1) | minor (1) | envelope_header | item, item, item …
//   item   = kind (2) | length of the rest (4) | the struct
//
// Numbers are little-endian. The header and each item's struct are portable binary archives of
// cereal, so the order of their fields, the order of the alternatives of to_room::command,
// from_room::news and from_room::answered, the values of their enums, and everything in
// protocol/messages.hpp and storage::record that they hold ARE the wire format. The bytes of
// each are kept in tests/actors/cluster/fixtures. What may change:
//
//   - a new kind of item is added at the end of `item`: raise `envelope_minor`. Older nodes skip it,
//     so nothing may depend on its arrival.
//   - anything else - a field, an alternative, an enumerator, an order - raises `envelope_major`
//     and sets `envelope_minor` to 0. Nodes of different majors do not talk: their links reset.
//
// Whatever changes, the fixtures of the version before are replaced in the same commit.
#pragma once

#include "actors/room_messages.hpp"
#include "storage/membership.hpp"

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::actors {

using storage::incarnation_t;
using storage::term_t;

inline constexpr std::string_view envelope_magic = "TRPL";
inline constexpr std::uint8_t envelope_major = 3;
inline constexpr std::uint8_t envelope_minor = 0;

/// Items of one envelope, in bytes; only an item that is larger by itself goes alone beyond it.
inline constexpr std::size_t batch_bytes_max = 64 * 1024;

/// One item with its prefix.
inline constexpr std::size_t item_bytes_max = 4 * 1024 * 1024;

// -- items ------------------------------------------------------------------------------------

/// From a relay to its room on another node.
struct for_room {
  std::string room;
  term_t term = 0; ///< Under which the sender believes the receiver to own the shard.
  to_room::command what;
};
BOOST_DESCRIBE_STRUCT(for_room, (), (room, term, what))

/// From a room to its relay on another node.
struct for_relay {
  std::string room;
  term_t term = 0; ///< The owner's; a relay that knows a higher one does not listen.
  from_room::news what;
};
BOOST_DESCRIBE_STRUCT(for_relay, (), (room, term, what))

/// There is something new in a room these users belong to.
struct for_users {
  std::string room;
  seq_t seq = 0;
  std::string from;
  std::vector<room_does::belonging> users;
};
BOOST_DESCRIBE_STRUCT(for_users, (), (room, seq, from, users))

/// The sender changed rows of owners: it is time to look.
struct look {};
BOOST_DESCRIBE_STRUCT(look, (), ())

/// The kind on the wire is the index plus one: append only.
using item = std::variant<for_room, for_relay, for_users, look>;

/// What becomes of an item that finds no space in a link.
enum class when_full : std::uint8_t {
  reset = 1,       ///< It can be neither dropped nor refused: the session ends, relays attach again.
  refuse = 2,      ///< A submit or a question, or the answer to one: who waits for it is told.
  fall_behind = 3, ///< It is dropped, and the relay hears that there was something.
  drop = 4,        ///< Nobody will miss it.
};
BOOST_DESCRIBE_ENUM(when_full, reset, refuse, fall_behind, drop)

/// An item as it lies in an envelope, encoded once for all peers. Never changed once made.
struct encoded_item {
  when_full full = when_full::reset;
  std::string room;
  term_t term = 0;
  std::string epoch;          ///< Of what `published` holds; empty in every other item.
  seq_t head = 0;             ///< The last seq of what `published` holds.
  std::string bytes;          ///< With the prefix.
  std::shared_ptr<void> turn; ///< Of a page (page_turns): held until it is on the wire or lost.
};
using shared_item = std::shared_ptr<const encoded_item>;

/// Encodes an item. A `for_room` holds what relays say, nothing that only a log answers.
shared_item encode_item(const item& what, std::shared_ptr<void> turn = {});

// -- envelopes ----------------------------------------------------------------------------------

struct envelope_header {
  incarnation_t from = 0;    ///< The sender's.
  incarnation_t to = 0;      ///< The receiver's, as the sender knows it.
  std::uint64_t session = 0; ///< Random, drawn when the link came up; never 0.
  std::uint64_t number = 0;  ///< 1, 2, 3 … per session and direction; 0 = no items.
  std::uint64_t ack = 0;     ///< The number of the last envelope taken.
  std::uint64_t credit = 0;  ///< How many bytes of items the sender takes beyond those acked.
  bool operator==(const envelope_header&) const = default;
};
BOOST_DESCRIBE_STRUCT(envelope_header, (), (from, to, session, number, ack, credit))

/// Bytes before the first item.
inline constexpr std::size_t envelope_head_bytes = envelope_magic.size() + 2 + 1 + 6 * sizeof(std::uint64_t);

/// Everything before the first item. Items follow by appending their bytes.
std::string encode_head(const envelope_header& header, std::size_t items_bytes = 0);

/// Why bytes are no envelope, in words.
struct envelope_failure {
  bool version = false; ///< They may be one, but of a version that this node does not speak.
  std::string why;
};

/// An envelope whose items were not looked at yet; a view of the bytes it was made from.
struct sealed_envelope {
  envelope_header header;
  std::uint8_t minor = 0; ///< Of the sender.
  std::string_view items;
};

/// Reads the header.
std::variant<sealed_envelope, envelope_failure> read_head(std::string_view bytes);

/// Reads all items, or none. Items of a kind that only the sender's newer minor version knows
/// are left out.
/// Limits: allocates a bounded multiple of what was received; more than `batch_bytes_max` may be
///         one item only.
std::variant<std::vector<item>, envelope_failure> read_items(const sealed_envelope& envelope);

/// Reads back what `encode_item` made.
item decode_item(const encoded_item& what);

} // namespace troupe::actors
