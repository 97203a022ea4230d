#include "actors/middleware/word_list.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace troupe::actors {

namespace {

/// Sorting a long run of marks takes more than linear time, and no word has one: the rest of a run is left out.
constexpr int marks_max = 16;

std::string without_towers(std::string_view text) {
  std::string kept;
  kept.reserve(text.size());
  const auto size = static_cast<std::int32_t>(text.size());
  int marks = 0;
  for (std::int32_t at = 0; at < size;) {
    const auto from = at;
    UChar32 c = 0;
    U8_NEXT(text.data(), at, size, c);
    marks = c >= 0x300 && u_getCombiningClass(c) != 0 ? marks + 1 : 0;
    if (c >= 0 && marks <= marks_max)
      kept.append(text, static_cast<std::size_t>(from), static_cast<std::size_t>(at - from));
  }
  return kept;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
}

std::string folded(std::string_view text) {
  UErrorCode failed = U_ZERO_ERROR;
  const auto* form = icu::Normalizer2::getNFKCCasefoldInstance(failed);
  std::string result;
  icu::StringByteSink<std::string> sink(&result, static_cast<std::int32_t>(text.size()));
  const auto safe = without_towers(text);
  if (U_SUCCESS(failed))
    form->normalizeUTF8(0, {safe.data(), static_cast<std::int32_t>(safe.size())}, sink, nullptr, failed);
  if (U_FAILURE(failed))
    throw std::runtime_error(std::string{"a text cannot be folded: "} + u_errorName(failed));
  return result;
}

bool is_mark(UChar32 c) { return c >= 0x300 && (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0; }

bool belongs_to_word(UChar32 c) {
  if (c < 0x80)
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  return u_isalnum(c) || is_mark(c);
}

/// Of a script that sets no spaces between words.
bool stands_alone(UChar32 c) {
  if (c < 0x0e00)
    return false;
  switch (u_getIntPropertyValue(c, UCHAR_LINE_BREAK)) {
  case U_LB_IDEOGRAPHIC:
  case U_LB_CONDITIONAL_JAPANESE_STARTER:
  case U_LB_COMPLEX_CONTEXT: return (U_GET_GC_MASK(c) & U_GC_M_MASK) == 0;
  default: return false;
  }
}

/// The words of a text, folded, one after another with one space between them.
struct split_text {
  std::string words;
  std::vector<std::pair<std::size_t, std::size_t>> spans; ///< Begin and end of each in `words`.
};

/// The character of a word that an ASCII character is when folded, or 0.
constexpr auto ascii_in_words = [] {
  std::array<char, 128> all{};
  for (char c = 'a'; c <= 'z'; ++c)
    all[static_cast<std::size_t>(c)] = all[static_cast<std::size_t>(c - 'a' + 'A')] = c;
  for (char c = '0'; c <= '9'; ++c)
    all[static_cast<std::size_t>(c)] = c;
  return all;
}();

/// Most texts are ASCII, and there it is this.
split_text split_ascii(std::string_view text) {
  split_text result;
  result.words.resize(text.size() + 1);
  result.spans.reserve(text.size() / 4 + 1);
  std::size_t end = 0;
  bool inside = false;
  for (const char c : text) {
    const char in_word = ascii_in_words[static_cast<std::size_t>(c)];
    if (in_word != 0) {
      if (!inside) {
        if (end > 0)
          result.words[end++] = ' ';
        result.spans.emplace_back(end, end);
      }
      result.words[end++] = in_word;
    } else if (inside) {
      result.spans.back().second = end;
    }
    inside = in_word != 0;
  }
  if (inside)
    result.spans.back().second = end;
  result.words.resize(end);
  return result;
}

split_text split(std::string_view text) {
  if (is_ascii(text))
    return split_ascii(text);
  const auto source = folded(text);
  split_text result;
  result.words.reserve(source.size() + source.size() / 4);
  const auto size = static_cast<std::int32_t>(source.size());
  bool inside = false; ///< The character before belongs to a word,
  bool alone = false;  ///< and is one by itself.
  for (std::int32_t at = 0; at < size;) {
    const auto from = at;
    UChar32 c = 0;
    U8_NEXT(source.data(), at, size, c);
    if (c < 0 || !belongs_to_word(c)) {
      inside = false;
      continue;
    }
    const bool before_alone = std::exchange(alone, stands_alone(c));
    const bool mark = is_mark(c);
    if (!inside || alone || (before_alone && !mark)) {
      if (!result.words.empty())
        result.words += ' ';
      result.spans.emplace_back(result.words.size(), result.words.size());
    }
    result.words.append(source, static_cast<std::size_t>(from), static_cast<std::size_t>(at - from));
    result.spans.back().second = result.words.size();
    inside = true;
    alone = alone || (before_alone && mark);
  }
  return result;
}

} // namespace

word_list::word_list(const std::vector<std::string>& entries) {
  if (entries.size() > words_max)
    throw std::invalid_argument("there are " + std::to_string(entries.size()) + " words, at most " +
                                std::to_string(words_max) + " are allowed");
  for (const auto& entry : entries) {
    if (entry.size() > entry_bytes_max)
      throw std::invalid_argument("a word has more than " + std::to_string(entry_bytes_max) + " bytes");
    auto parts = split(entry);
    if (parts.spans.empty() || parts.spans.size() > group_max)
      throw std::invalid_argument("an entry has " + std::to_string(parts.spans.size()) + " words, must have 1 to " +
                                  std::to_string(group_max));
    longest_group_ = std::max(longest_group_, parts.spans.size());
    longest_bytes_ = std::max(longest_bytes_, parts.words.size());
    groups_.insert(std::move(parts.words));
  }
}

bool word_list::occurs_in(std::string_view text) const {
  if (groups_.empty())
    return false;
  const auto parts = split(text);
  const std::string_view words = parts.words;
  for (std::size_t first = 0; first < parts.spans.size(); ++first)
    for (std::size_t last = first; last < parts.spans.size() && last < first + longest_group_; ++last) {
      const auto begin = parts.spans[first].first;
      const auto length = parts.spans[last].second - begin;
      if (length > longest_bytes_)
        break;
      if (groups_.contains(words.substr(begin, length)))
        return true;
    }
  return false;
}

std::vector<std::string> read_word_file(const std::string& path) {
  std::ifstream file{path};
  if (!file)
    throw std::runtime_error("moderate.word_file \"" + path + "\" cannot be read");
  std::vector<std::string> entries;
  for (std::string line; std::getline(file, line);) {
    line.erase(std::min(line.find('#'), line.size()));
    const auto first = line.find_first_not_of(" \t\r");
    if (first == std::string::npos)
      continue;
    entries.push_back(line.substr(first, line.find_last_not_of(" \t\r") - first + 1));
    if (entries.size() > word_list::words_max)
      break; // The list refuses it.
  }
  return entries;
}

} // namespace troupe::actors
