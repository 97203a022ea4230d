#include "transport/close_frame.hpp"

namespace troupe::transport {

std::string make_close_frame(std::uint16_t code, std::string_view reason) {
  if (reason.size() > close_reason_bytes_max) {
    auto size = close_reason_bytes_max;
    while (size > 0 && (static_cast<unsigned char>(reason[size]) & 0xc0) == 0x80)
      --size;
    reason = reason.substr(0, size);
  }
  std::string result{'\x88', static_cast<char>(2 + reason.size()), static_cast<char>(code >> 8),
                     static_cast<char>(code & 0xff)};
  return result.append(reason);
}

} // namespace troupe::transport
