// apps/troupe/chat/line_editor.hpp
//
// Keys to lines: the small editor behind the prompt. Pure; `terminal` reads and draws.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::chat {

/// A line being typed, and the ones before it.
///
/// Understands UTF-8, Backspace and Delete, the arrow keys, Home and End, ^A ^E ^B ^F ^K ^U ^W,
/// Up and Down (^P ^N) for earlier lines. Other escape sequences are ignored, also when they
/// arrive in pieces.
class line_editor {
public:
  enum class outcome : unsigned char { nothing, changed, line, end };

  /// Takes one byte. After `line`, `take()` gives it.
  outcome press(char byte);
  std::string take();

  /// What to draw into `width` columns, and in which of them the cursor stands.
  struct view {
    std::string text;
    std::size_t cursor = 0;
  };
  view draw(std::size_t width) const;
  bool empty() const { return glyphs_.empty(); }
  /// Something to say, not a command.
  bool speaks() const { return !glyphs_.empty() && glyphs_.front() != "/"; }

private:
  outcome control(char byte);
  outcome escape(char byte);
  outcome insert(char byte);
  outcome recall(std::ptrdiff_t step);
  std::string text() const;
  void set(std::string_view text);

  std::vector<std::string> glyphs_; ///< One UTF-8 character each.
  std::size_t cursor_ = 0;
  std::string partial_;  ///< Of a character whose bytes are still coming.
  std::string sequence_; ///< Of an escape sequence.
  bool escaped_ = false;
  std::string finished_;
  std::vector<std::string> earlier_;
  std::size_t shown_ = 0; ///< Into `earlier_`; its size = the line being typed.
  std::string draft_;
};

} // namespace troupe::chat
