// actors/middleware/word_list.hpp
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace troupe::actors {

/// Words, or groups of words, that are looked for in texts.
///
/// Matching:  whole words only. Case, compatibility forms (full width, ligatures, circled letters) and invisible
///            characters make no difference: both sides are folded by NFKC_Casefold. What stands between the words of a
///            group makes none either. In scripts that set no spaces each character counts as a word.
/// Threading: immutable after construction.
/// Limits:    `words_max` entries of up to `group_max` words and `entry_bytes_max` bytes. A search takes time linear in
///            the text, for every list.
/// Errors:    the constructor throws std::invalid_argument.
class word_list {
public:
  static constexpr std::size_t words_max = 100'000;
  static constexpr std::size_t group_max = 8;
  static constexpr std::size_t entry_bytes_max = 256;

  explicit word_list(const std::vector<std::string>& entries);

  bool occurs_in(std::string_view text) const;
  bool empty() const noexcept { return groups_.empty(); }

private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };

  std::unordered_set<std::string, text_hash, std::equal_to<>> groups_; ///< Folded, one space between words.
  std::size_t longest_group_ = 0;                                      ///< In words.
  std::size_t longest_bytes_ = 0;
};

/// The entries of a file, one a line; `#` begins a comment.
/// Errors: throws std::runtime_error when it cannot be read.
std::vector<std::string> read_word_file(const std::string& path);

} // namespace troupe::actors
