#include "actors/frame.hpp"

#include "actors/frame_pool.hpp"

#include <cstring>

namespace troupe::actors {

namespace {

/// Writes the header of a final text frame without mask; gives its length (2, 4 or 10).
std::size_t write_header(unsigned char* to, std::uint64_t payload) {
  to[0] = 0x81;
  if (payload < 126) {
    to[1] = static_cast<unsigned char>(payload);
    return 2;
  }
  const int length_bytes = payload <= 0xffff ? 2 : 8;
  to[1] = length_bytes == 2 ? 126 : 127;
  for (int i = 0; i < length_bytes; ++i)
    to[2 + i] = static_cast<unsigned char>(payload >> (8 * (length_bytes - 1 - i)));
  return 2 + static_cast<std::size_t>(length_bytes);
}

} // namespace

shared_frame frame::make(std::string_view payload) {
  unsigned char header[10];
  const auto header_bytes = write_header(header, payload.size());
  const auto size = header_bytes + payload.size();
  auto* pool = frame_pool::of_this_thread();
  void* memory = pool ? pool->take(sizeof(frame) + size) : std::malloc(sizeof(frame) + size);
  if (!memory)
    throw std::bad_alloc{};
  auto* made = new (memory) frame(static_cast<std::uint32_t>(size));
  auto* to = reinterpret_cast<char*>(made + 1);
  std::memcpy(to, header, header_bytes);
  std::memcpy(to + header_bytes, payload.data(), payload.size());
  return shared_frame{made};
}

std::string_view frame::payload() const noexcept {
  const auto length = static_cast<unsigned char>(data()[1]);
  return bytes().substr(length < 126 ? 2 : length == 126 ? 4 : 10);
}

void intrusive_ptr_release(const frame* f) noexcept {
  if (f->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    const auto bytes = sizeof(frame) + f->size_;
    f->~frame();
    if (auto* pool = frame_pool::of_this_thread())
      pool->give(const_cast<frame*>(f), bytes);
    else
      std::free(const_cast<frame*>(f));
  }
}

} // namespace troupe::actors
