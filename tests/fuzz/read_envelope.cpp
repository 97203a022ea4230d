// Any bytes as what another node sends: items that are written as they were read, or a refusal.
#include "actors/cluster/envelope.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace troupe::actors;
  if (size == 0)
    return 0;
  // The first byte spares half of the inputs the search for a header.
  auto bytes = data[0] % 2 == 0 ? encode_head({1, 2, 3, 1, 0, 0}) : std::string{};
  bytes.append(reinterpret_cast<const char*>(data) + 1, size - 1);

  const auto head = read_head(bytes);
  if (const auto* refused = std::get_if<envelope_failure>(&head)) {
    if (refused->why.empty())
      std::abort();
    return 0;
  }
  const auto& envelope = std::get<sealed_envelope>(head);
  const auto items = read_items(envelope);
  if (const auto* refused = std::get_if<envelope_failure>(&items)) {
    if (refused->why.empty())
      std::abort();
    return 0;
  }
  std::string again;
  for (const auto& what : std::get<std::vector<item>>(items))
    again += encode_item(what)->bytes;
  // A newer minor version may bring items that were skipped.
  if (envelope.minor <= envelope_minor && again != envelope.items)
    std::abort();
  return 0;
}
