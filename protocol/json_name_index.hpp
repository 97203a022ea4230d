// protocol/json_name_index.hpp
//
// From a key to its slot.
#pragma once

#include "protocol/json_reader.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace troupe::protocol::json {

/// Finds a top-level name in a few compares of one word each.
class name_index {
public:
  explicit name_index(std::span<const slot> slots) {
    for (const auto& s : slots) {
      names_.push_back(s.name);
      words_.push_back(word_of(s.name));
    }
    for (std::size_t length = 0, i = 0; length < begin_.size(); ++length) {
      while (i < names_.size() && names_[i].size() < length)
        ++i;
      begin_[length] = static_cast<std::uint8_t>(i);
    }
  }

  /// The position among the slots, or -1.
  int find(std::string_view key) const noexcept {
    if (key.size() + 1 >= begin_.size() || key.empty())
      return -1;
    const auto word = word_of(key);
    for (std::size_t i = begin_[key.size()]; i != begin_[key.size() + 1]; ++i)
      if (words_[i] == word && (key.size() <= sizeof word || names_[i] == key))
        return static_cast<int>(i);
    return -1;
  }

private:
  /// Different for different texts of one length up to eight bytes.
  static std::uint64_t word_of(std::string_view text) noexcept {
    const auto load = [&]<class Word>(Word word, std::size_t at) -> std::uint64_t {
      std::memcpy(&word, text.data() + at, sizeof word);
      return word;
    };
    if (text.size() >= 8)
      return load(std::uint64_t{}, 0);
    if (text.size() >= 4)
      return load(std::uint32_t{}, 0) << 32 | load(std::uint32_t{}, text.size() - 4);
    if (text.size() >= 2)
      return load(std::uint16_t{}, 0) << 16 | load(std::uint16_t{}, text.size() - 2);
    return load(std::uint8_t{}, 0);
  }

  std::vector<std::uint64_t> words_;
  std::vector<std::string_view> names_;
  std::array<std::uint8_t, 18> begin_{}; // by length
};

} // namespace troupe::protocol::json
