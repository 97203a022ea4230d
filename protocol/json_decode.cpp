#include "protocol/codec.hpp"
#include "protocol/json_union.hpp"
#include "protocol/limits.hpp"
#include "protocol/request_form.hpp"

#include <memory>

namespace troupe::protocol {

std::variant<request, decode_failure> decode_json(std::string_view frame) {
  using decoder = json::union_decoder<request>;
  thread_local const auto mine = std::make_unique<decoder>(
    json::reader_limits{.frame_bytes_max = limits::frame_bytes_max, .list_elements_max = limits::list_elements_max});
  auto decoded = mine->decode(frame);
  if (const auto* understood = std::get_if<request>(&decoded))
    if (auto bad = check_form(*understood))
      decoded = mine->failure(bad->code, std::move(bad->message));
  return decoded;
}

} // namespace troupe::protocol
