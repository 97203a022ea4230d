#include "apps/troupe/chat/line_editor.hpp"

#include "client/printable.hpp"

#include <algorithm>
#include <utility>

namespace troupe::chat {
namespace {

constexpr std::size_t earlier_max = 200;

constexpr char ctrl(char letter) { return static_cast<char>(letter - '@'); }

std::size_t bytes_of(unsigned char first) {
  return first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
}

} // namespace

line_editor::outcome line_editor::press(char byte) {
  if (escaped_)
    return escape(byte);
  const auto value = static_cast<unsigned char>(byte);
  if (value < 0x20 || value == 0x7F)
    return control(byte);
  return insert(byte);
}

std::string line_editor::take() { return std::exchange(finished_, {}); }

line_editor::outcome line_editor::control(char byte) {
  partial_.clear();
  switch (byte) {
  case '\r':
  case '\n':
    finished_ = text();
    if (!finished_.empty() && (earlier_.empty() || earlier_.back() != finished_))
      earlier_.push_back(finished_);
    if (earlier_.size() > earlier_max)
      earlier_.erase(earlier_.begin());
    set({});
    shown_ = earlier_.size();
    return outcome::line;
  case ctrl('D'):
    if (glyphs_.empty())
      return outcome::end;
    if (cursor_ < glyphs_.size())
      glyphs_.erase(glyphs_.begin() + static_cast<std::ptrdiff_t>(cursor_));
    return outcome::changed;
  case ctrl('H'):
  case 0x7F:
    if (cursor_ > 0)
      glyphs_.erase(glyphs_.begin() + static_cast<std::ptrdiff_t>(--cursor_));
    return outcome::changed;
  case ctrl('A'): cursor_ = 0; return outcome::changed;
  case ctrl('E'): cursor_ = glyphs_.size(); return outcome::changed;
  case ctrl('B'): cursor_ -= cursor_ > 0; return outcome::changed;
  case ctrl('F'): cursor_ += cursor_ < glyphs_.size(); return outcome::changed;
  case ctrl('K'): glyphs_.resize(cursor_); return outcome::changed;
  case ctrl('U'):
    glyphs_.erase(glyphs_.begin(), glyphs_.begin() + static_cast<std::ptrdiff_t>(cursor_));
    cursor_ = 0;
    return outcome::changed;
  case ctrl('W'): {
    auto from = cursor_;
    while (from > 0 && glyphs_[from - 1] == " ")
      --from;
    while (from > 0 && glyphs_[from - 1] != " ")
      --from;
    glyphs_.erase(glyphs_.begin() + static_cast<std::ptrdiff_t>(from),
                  glyphs_.begin() + static_cast<std::ptrdiff_t>(cursor_));
    cursor_ = from;
    return outcome::changed;
  }
  case ctrl('P'): return recall(-1);
  case ctrl('N'): return recall(1);
  case '\x1b':
    escaped_ = true;
    sequence_.clear();
    return outcome::nothing;
  default: return outcome::nothing;
  }
}

line_editor::outcome line_editor::escape(char byte) {
  sequence_ += byte;
  if (sequence_.size() == 1 && (byte == '[' || byte == 'O'))
    return outcome::nothing;
  const bool complete = sequence_.size() == 1 || (byte >= '@' && byte <= '~') || sequence_.size() > 16;
  if (!complete)
    return outcome::nothing;
  escaped_ = false;
  const auto key = std::string_view{sequence_}.substr(std::min<std::size_t>(1, sequence_.size()));
  if (key == "A")
    return recall(-1);
  if (key == "B")
    return recall(1);
  if (key == "C")
    return control(ctrl('F'));
  if (key == "D")
    return control(ctrl('B'));
  if (key == "H" || key == "1~")
    return control(ctrl('A'));
  if (key == "F" || key == "4~")
    return control(ctrl('E'));
  if (key == "3~" && !glyphs_.empty())
    return control(ctrl('D'));
  return outcome::nothing;
}

line_editor::outcome line_editor::insert(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  if (value >= 0x80 && value < 0xC0 && partial_.empty())
    return outcome::nothing;
  if (value < 0x80 || value >= 0xC0)
    partial_.clear();
  partial_ += byte;
  if (partial_.size() < bytes_of(static_cast<unsigned char>(partial_[0])))
    return outcome::nothing;
  glyphs_.insert(glyphs_.begin() + static_cast<std::ptrdiff_t>(cursor_++), std::exchange(partial_, {}));
  return outcome::changed;
}

line_editor::outcome line_editor::recall(std::ptrdiff_t step) {
  const auto wanted = static_cast<std::ptrdiff_t>(shown_) + step;
  if (wanted < 0 || wanted > static_cast<std::ptrdiff_t>(earlier_.size()))
    return outcome::nothing;
  if (shown_ == earlier_.size())
    draft_ = text();
  shown_ = static_cast<std::size_t>(wanted);
  set(shown_ == earlier_.size() ? draft_ : earlier_[shown_]);
  return outcome::changed;
}

line_editor::view line_editor::draw(std::size_t width) const {
  // The window slides so that the cursor stays visible.
  std::vector<std::string> shown;
  std::vector<std::size_t> widths;
  for (const auto& glyph : glyphs_) {
    shown.push_back(client::printable(glyph));
    widths.push_back(client::columns(shown.back()));
  }
  std::size_t first = 0;
  std::size_t before = 0;
  for (std::size_t i = 0; i < cursor_; ++i)
    before += widths[i];
  while (first < cursor_ && before + 1 > width)
    before -= widths[first++];
  view seen;
  seen.cursor = before;
  std::size_t used = 0;
  for (auto i = first; i < shown.size() && used + widths[i] <= width; ++i) {
    seen.text += shown[i];
    used += widths[i];
  }
  return seen;
}

std::string line_editor::text() const {
  std::string all;
  for (const auto& glyph : glyphs_)
    all += glyph;
  return all;
}

void line_editor::set(std::string_view text) {
  glyphs_.clear();
  while (!text.empty()) {
    const auto bytes = std::min(text.size(), bytes_of(static_cast<unsigned char>(text[0])));
    glyphs_.emplace_back(text.substr(0, bytes));
    text.remove_prefix(bytes);
  }
  cursor_ = glyphs_.size();
}

} // namespace troupe::chat
