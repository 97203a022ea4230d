// Any bytes as a frame from a client: a request that survives the way back, or a refusal.
#include "protocol/codec.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace troupe::protocol;
  const auto decoded = decode_json({reinterpret_cast<const char*>(data), size});
  if (const auto* refused = std::get_if<decode_failure>(&decoded)) {
    if (refused->message.empty())
      std::abort();
    return 0;
  }
  std::string once;
  std::visit([&](const auto& message) { encode_json(once, message); }, std::get<request>(decoded));
  const auto again = decode_json(once);
  // Escaping may lengthen a frame beyond its bound; nothing else may get lost.
  if (again.index() != 0 && std::get<decode_failure>(again).code != code::too_large)
    std::abort();
  return 0;
}
