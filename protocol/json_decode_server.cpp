#include "protocol/codec.hpp"
#include "protocol/json_union.hpp"
#include "protocol/limits.hpp"

#include <memory>

namespace troupe::protocol {

std::variant<push, decode_failure> decode_server_json(std::string_view frame) {
  using decoder = json::union_decoder<push>;
  // A list cannot outgrow its frame, so the frame's bound is bound enough.
  thread_local const auto mine = std::make_unique<decoder>(json::reader_limits{
    .frame_bytes_max = limits::server_frame_bytes_max, .list_elements_max = limits::server_frame_bytes_max});
  return mine->decode(frame);
}

} // namespace troupe::protocol
