// actors/frame.hpp
//
// An encoded frame: made once, shared by every socket it goes to.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string_view>

namespace troupe::actors {

/// Bytes as they go onto a socket: an unmasked WebSocket text frame (RFC 6455, 5.2),
/// header and payload in one allocation with its reference count.
///
/// Threading: immutable after `make`; may be shared between threads.
class frame {
public:
  static boost::intrusive_ptr<frame> make(std::string_view payload);

  std::string_view bytes() const noexcept { return {data(), size_}; }
  /// Without the header: what `make` was given.
  std::string_view payload() const noexcept;
  std::size_t size() const noexcept { return size_; }

  frame(const frame&) = delete;
  frame& operator=(const frame&) = delete;

private:
  explicit frame(std::uint32_t size) noexcept : size_(size) {}
  const char* data() const noexcept { return reinterpret_cast<const char*>(this + 1); }

  friend void intrusive_ptr_add_ref(const frame* f) noexcept { f->references_.fetch_add(1, std::memory_order_relaxed); }
  friend void intrusive_ptr_release(const frame* f) noexcept;

  mutable std::atomic<std::uint32_t> references_{0};
  std::uint32_t size_;
};

using shared_frame = boost::intrusive_ptr<frame>;

} // namespace troupe::actors
