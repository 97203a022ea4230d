// actors/recent_messages.hpp
#pragma once

#include "storage/message_log.hpp"

#include <boost/describe/class.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::actors {

using protocol::seq_t;
using protocol::time_ms;

/// A cid without an allocation: 26 characters, or none in what the server itself says.
class cid_text {
public:
  static constexpr std::size_t length = 26;

  cid_text() = default;
  /// What is longer is no cid and is cut: it equals none.
  explicit cid_text(std::string_view text);

  std::string_view view() const noexcept { return {text_.data(), size_}; }

  template <class Archive>
  std::string save_minimal(const Archive&) const {
    return std::string{view()};
  }
  template <class Archive>
  void load_minimal(const Archive&, const std::string& text) {
    *this = cid_text{text};
  }

private:
  std::array<char, length> text_{};
  std::uint8_t size_ = 0;
};

/// What is remembered of a committed message: enough to answer its duplicate and to
/// judge an edit, a delete or a reaction that names it.
struct recent_message {
  seq_t seq = 0;
  time_ms time = 0;
  std::string user;
  cid_text cid;
  std::string kind;
  seq_t target = 0;
  storage::salt_bytes salt{};
  storage::digest_bytes digest{};
  storage::digest_bytes chain{};
  bool deleted = false;
};
BOOST_DESCRIBE_STRUCT(recent_message, (), (seq, time, user, cid, kind, target, salt, digest, chain, deleted))

recent_message recent_of(const storage::record& stored);

/// What names one send for ever: who sent it, and the id that they gave it.
struct send_name {
  std::string_view user;
  std::string_view cid;
  bool operator==(const send_name&) const = default;
};

std::uint64_t hash_of(const send_name& name) noexcept;

/// The newest messages of a room, ascending without holes, found by their number or by their name.
///
/// Memory: one block, which doubles until it takes `held_max`; after that nothing is allocated for a message whose user
///         and kind are short. A room that goes gives whole pages back, where one block a message would leave holes
///         among those of others.
/// Speed:  by name it reads a hash of 4 bytes for each message that is held.
class recent_messages {
public:
  static constexpr std::uint32_t held_max = 512;

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }

  /// Null when it is not held.
  const recent_message* find(seq_t seq) const noexcept;
  const recent_message* find(const send_name& name) const noexcept;

  /// `what` follows the newest; the oldest goes when `held_max` are held.
  void add(recent_message what);
  void clear();

  template <class F>
  void for_each(F&& f) {
    for (seq_t seq = first_; seq < first_ + size_; ++seq)
      f(ring_[slot(seq)]);
  }

  template <class Archive>
  void save(Archive& archive) const {
    std::vector<recent_message> all;
    for (seq_t seq = first_; seq < first_ + size_; ++seq)
      all.push_back(ring_[slot(seq)]);
    archive(all);
  }
  template <class Archive>
  void load(Archive& archive) {
    std::vector<recent_message> all;
    archive(all);
    clear();
    for (auto& one : all)
      add(std::move(one));
  }

private:
  std::size_t slot(seq_t seq) const noexcept { return seq & (ring_.size() - 1); }
  void grow();

  std::vector<recent_message> ring_; ///< A power of two; a message stands at the last bits of its number.
  std::vector<std::uint32_t> names_; ///< In the same places.
  seq_t first_ = 0;                  ///< The oldest that is held.
  std::size_t size_ = 0;
};

} // namespace troupe::actors
