#include "protocol/json_reader.hpp"

#include "protocol/json_name_index.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <tuple>
#include <utility>
#include <vector>

namespace troupe::protocol::json {

namespace {

namespace bj = boost::json;

/// An object or an array that is open.
struct level {
  enum class role : std::uint8_t { root, object, list, skipped_object, skipped_list };
  role is = role::skipped_list;
  const shape* of = nullptr; ///< Of an object or a list that is wanted.
  void* to = nullptr;
  const shape_field* field = nullptr; ///< The one whose key came last; none when unknown.
  std::uint64_t fields_seen = 0;
  std::size_t elements = 0;
  std::size_t keys_begin = 0; ///< Where this object's unknown keys begin.
};

/// The parser's events, folded into the slots.
class events {
public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = limits::json_key_bytes_max;
  static constexpr std::size_t max_string_size = limits::server_frame_bytes_max;

  events(std::span<slot> slots, reader_limits bounds) : slots_(slots), names_(slots), bounds_(bounds) {}

  void start(std::string_view frame) {
    frame_ = frame;
    for (auto& s : slots_) {
      s.seen.kind = value_kind::absent;
      if (!s.problem.empty())
        s.problem.clear();
    }
    current_ = nullptr;
    depth_ = 0;
    in_parts_ = false;
    unescaped_.clear();
    keys_.clear();
    problem_.reset();
  }

  /// Keeps the first.
  void refuse(std::string what) {
    if (!problem_)
      problem_ = std::move(what);
  }
  std::optional<std::string> take_problem() { return std::exchange(problem_, std::nullopt); }

  // -- boost::json::basic_parser's handler ---------------------------------------

  bool on_document_begin(bj::error_code&) { return true; }
  bool on_document_end(bj::error_code&) { return true; }

  bool on_object_begin(bj::error_code&) {
    if (depth_ == 0)
      push(level{.is = level::role::root});
    else
      open(value_kind::object, level::role::object, level::role::skipped_object);
    return true;
  }

  bool on_object_end(std::size_t, bj::error_code&) {
    const auto& ended = top();
    refuse_double_keys(ended.keys_begin);
    if (ended.is == level::role::object)
      for (const auto& field : ended.of->fields)
        if (const auto index = static_cast<std::size_t>(&field - ended.of->fields.data());
            field.required && (ended.fields_seen >> index & 1) == 0)
          wrong(1, "is required", field.name);
    keys_.resize(ended.keys_begin);
    --depth_;
    return true;
  }

  bool on_array_begin(bj::error_code&) {
    if (depth_ == 0) {
      not_an_object();
      push(level{.is = level::role::skipped_list});
    } else {
      open(value_kind::list, level::role::list, level::role::skipped_list);
    }
    return true;
  }

  bool on_array_end(std::size_t, bj::error_code&) {
    --depth_;
    return true;
  }

  bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) { return gather(part); }
  bool on_key(bj::string_view last, std::size_t, bj::error_code&) {
    key(text(last));
    return true;
  }

  bool on_string_part(bj::string_view part, std::size_t, bj::error_code&) { return gather(part); }
  bool on_string(bj::string_view last, std::size_t, bj::error_code&) {
    scalar({.kind = value_kind::text, .text = text(last)});
    return true;
  }

  bool on_number_part(bj::string_view, bj::error_code&) { return true; }
  bool on_int64(std::int64_t number, bj::string_view, bj::error_code&) {
    scalar({.kind = value_kind::integer, .negative = number < 0, .bits = static_cast<std::uint64_t>(number)});
    return true;
  }
  bool on_uint64(std::uint64_t number, bj::string_view, bj::error_code&) {
    scalar({.kind = value_kind::integer, .bits = number});
    return true;
  }
  bool on_double(double number, bj::string_view, bj::error_code&) {
    if (!std::isfinite(number))
      refuse("A number is too large for any reader: write integers below 2^53.");
    scalar({.kind = value_kind::fraction});
    return true;
  }
  bool on_bool(bool flag, bj::error_code&) {
    scalar({.kind = value_kind::flag, .flag = flag});
    return true;
  }
  bool on_null(bj::error_code&) {
    scalar({.kind = value_kind::null});
    return true;
  }
  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
  bool on_comment(bj::string_view, bj::error_code&) { return true; }

private:
  // -- texts -----------------------------------------------------------------------

  /// The parser hands a text over in parts when it holds escapes.
  bool gather(bj::string_view part) {
    if (!in_parts_) {
      // Unescaping never lengthens, so with this room nothing moves and views stay good.
      if (unescaped_.capacity() < frame_.size())
        unescaped_.reserve(frame_.size());
      part_begin_ = unescaped_.size();
      in_parts_ = true;
    }
    unescaped_.append(part.data(), part.size());
    return true;
  }

  std::string_view text(bj::string_view last) {
    const std::less<> before;
    const bool in_frame = !before(last.data(), frame_.data()) && before(last.data(), frame_.data() + frame_.size());
    if (!in_parts_ && in_frame)
      return {last.data(), last.size()};
    gather(last);
    in_parts_ = false;
    return std::string_view{unescaped_}.substr(part_begin_);
  }

  // -- levels ----------------------------------------------------------------------

  level& top() { return levels_[depth_ - 1]; }

  void push(level opened) {
    opened.keys_begin = keys_.size();
    levels_[depth_++] = opened;
  }

  void key(std::string_view name) {
    auto& here = top();
    if (here.is == level::role::root) {
      const int index = names_.find(name);
      current_ = index < 0 ? nullptr : &slots_[static_cast<std::size_t>(index)];
      if (current_ == nullptr)
        keys_.push_back(name);
      else if (current_->seen.kind != value_kind::absent)
        refuse_double(name);
      return;
    }
    if (here.is == level::role::object) {
      here.field = nullptr;
      for (std::size_t i = 0; i < here.of->fields.size(); ++i) {
        if (here.of->fields[i].name != name)
          continue;
        if (here.fields_seen >> i & 1)
          refuse_double(name);
        here.fields_seen |= std::uint64_t{1} << i;
        here.field = &here.of->fields[i];
        return;
      }
    }
    keys_.push_back(name);
  }

  /// Where the value that comes now belongs: a shape and a place, or nowhere.
  std::pair<const shape*, void*> place() {
    auto& here = top();
    if (here.is == level::role::object && here.field != nullptr)
      return {here.field->of, here.field->member(here.to)};
    if (here.is != level::role::list)
      return {nullptr, nullptr};
    if (++here.elements > bounds_.list_elements_max) {
      wrong(1, "holds too many elements");
      return {nullptr, nullptr};
    }
    return {here.of->element, here.of->append(here.to)};
  }

  void scalar(const value& seen) {
    if (depth_ == 0)
      return not_an_object();
    if (top().is == level::role::root) {
      if (current_ != nullptr)
        current_->seen = seen;
      return;
    }
    const auto [of, to] = place();
    if (of != nullptr && (of->assign == nullptr || !of->assign(to, seen)))
      wrong(0, of->wanted);
  }

  void open(value_kind kind, level::role wanted, level::role skipped) {
    const shape* of = nullptr;
    void* to = nullptr;
    if (top().is == level::role::root) {
      if (current_ != nullptr) {
        current_->seen = value{.kind = kind};
        if (current_->composite != nullptr && current_->composite->kind == kind) {
          of = current_->composite;
          to = current_->target;
          of->reset(to);
        }
      }
    } else {
      std::tie(of, to) = place();
      if (of != nullptr && of->kind != kind) {
        wrong(0, of->wanted);
        of = nullptr;
      }
    }
    push(level{.is = of == nullptr ? skipped : wanted, .of = of, .to = to});
  }

  // -- what is wrong ---------------------------------------------------------------

  /// Wrong inside a top-level field: counts only when the frame's type has that field.
  /// Names the value at hand, as `rooms[].seq`, without the `up` innermost levels.
  void wrong(std::size_t up, std::string_view what, std::string_view field = {}) {
    if (current_ == nullptr || !current_->problem.empty())
      return;
    auto& text = current_->problem;
    text.append("`").append(current_->name);
    for (std::size_t i = 1; i + up < depth_; ++i) {
      if (levels_[i].is == level::role::list)
        text += "[]";
      else if (levels_[i].is == level::role::object && levels_[i].field != nullptr)
        text.append(".").append(levels_[i].field->name);
    }
    if (!field.empty())
      text.append(".").append(field);
    text.append("` ").append(what).append(".");
  }

  void refuse_double(std::string_view name) {
    refuse("The key " + quoted(name) + " stands twice in one object: send each key once.");
  }

  void not_an_object() { refuse("A frame is one JSON object with a `type`: send {\"type\":…}."); }

  /// Sorted when there are many, so that a frame full of keys costs no more than n log n.
  void refuse_double_keys(std::size_t begin) {
    const auto mine = std::span{keys_}.subspan(begin);
    if (mine.size() < 2)
      return;
    std::ranges::sort(mine);
    if (const auto twice = std::ranges::adjacent_find(mine); twice != mine.end())
      refuse_double(*twice);
  }

  std::span<slot> slots_;
  name_index names_;
  reader_limits bounds_;
  std::string_view frame_;

  slot* current_ = nullptr; ///< The top-level field at hand, when it is a known one.
  std::array<level, limits::json_depth_max> levels_;
  std::size_t depth_ = 0;

  std::string unescaped_;
  std::size_t part_begin_ = 0;
  bool in_parts_ = false;
  std::vector<std::string_view> keys_; ///< Unknown keys of all open objects.
  std::optional<std::string> problem_;
};

std::string syntax_message(bj::error_code error, std::size_t at) {
  const auto where = " (byte " + std::to_string(at) + ")";
  if (error == bj::error::too_deep)
    return "The frame nests deeper than " + std::to_string(limits::json_depth_max) + " levels" + where +
           ": send flatter JSON.";
  if (error == bj::error::key_too_large)
    return "A key is longer than " + std::to_string(limits::json_key_bytes_max) + " bytes" + where + ": shorten it.";
  if (error == bj::error::incomplete)
    return "The frame ends within its JSON: send one whole object per text frame.";
  return "The frame is not valid JSON" + where + ": send one object in UTF-8 per text frame.";
}

} // namespace

struct reader::machine {
  machine(std::span<slot> slots, reader_limits bounds)
    : bounds(bounds), parser(bj::parse_options{.max_depth = limits::json_depth_max}, slots, bounds) {}

  reader_limits bounds;
  bj::basic_parser<events> parser;
};

reader::reader(std::span<slot> slots, reader_limits bounds) : machine_(std::make_unique<machine>(slots, bounds)) {}
reader::~reader() = default;

std::optional<std::string> reader::read(std::string_view frame) {
  auto& parser = machine_->parser;
  auto& into = parser.handler();
  into.start(frame.substr(0, machine_->bounds.frame_bytes_max));
  if (frame.size() > machine_->bounds.frame_bytes_max)
    return "The frame is longer than " + std::to_string(machine_->bounds.frame_bytes_max) +
           " bytes: send less at once.";
  parser.reset();
  bj::error_code error;
  const auto read = parser.write_some(false, frame.data(), frame.size(), error);
  if (error)
    into.refuse(syntax_message(error, read));
  else if (read != frame.size())
    into.refuse("Something follows the JSON object (byte " + std::to_string(read) +
                "): send one object per text frame.");
  return into.take_problem();
}

std::string quoted(std::string_view text) {
  constexpr std::size_t shown_max = 40;
  std::string out = "`";
  for (const char c : text.substr(0, shown_max))
    out += c >= ' ' && c <= '~' && c != '`' ? c : '?';
  return out + (text.size() > shown_max ? "…`" : "`");
}

} // namespace troupe::protocol::json
