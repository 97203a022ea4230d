// protocol/json_reader.hpp
//
// One frame through Boost.JSON's SAX parser into slots, one for each name that any
// message of a direction has, because `type` may stand last. Checks what JSON itself
// leaves open (duplicate keys, depth, sizes) and leaves the meaning to its caller.
#pragma once

#include "protocol/json_shape.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::protocol::json {

/// A top-level field. Scalars are kept as they came and fitted later, when the type is
/// known; a list or an object that some message knows goes straight into `target`.
struct slot {
  std::string_view name;
  const shape* composite = nullptr;
  void* target = nullptr;
  value seen;
  std::string problem; ///< The first thing wrong inside `target`.
};

/// Bounds that differ between the two directions.
struct reader_limits {
  std::size_t frame_bytes_max = 0;
  std::size_t list_elements_max = 0;
};

/// Ordering:  fields may come in any order.
/// Threading: none of its own; one per thread. Keeps its buffers from frame to frame.
/// Errors:    the first thing wrong with the frame as a whole; all but syntax errors
///            let it read on, so that `id` and `cid` are known for the answer.
class reader {
public:
  /// The slots stand in ascending order of the length of their names and outlive the reader.
  reader(std::span<slot> slots, reader_limits bounds);
  ~reader();
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  /// Fills the slots; views in them are good until the next call and while `frame` is.
  std::optional<std::string> read(std::string_view frame);

private:
  struct machine;
  std::unique_ptr<machine> machine_;
};

/// A text from outside for one of our messages: short, printable, in quotes.
std::string quoted(std::string_view text);

} // namespace troupe::protocol::json
