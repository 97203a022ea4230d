// tests/apps/tiny_hub.hpp
#pragma once

#include <cstdint>
#include <memory>

namespace troupe::tests {

/// A text broadcast hub in this process, over Beast, on a port of its own: what one sends
/// in /ws?room=NAME all in that room get. It can be told to do wrong, so that a test sees
/// whether the load generator notices.
///
/// Threading: runs on a thread of its own until it is destroyed.
class tiny_hub {
public:
  /// Each n-th delivery, counted over all clients; 0 = never.
  struct flaws {
    std::uint64_t lose_every = 0;
    std::uint64_t double_every = 0;
    std::uint64_t swap_every = 0;      ///< It is sent after the one that follows.
    std::uint64_t misdirect_every = 0; ///< It goes to a client of another room.
    std::uint64_t close_after = 0;     ///< The client that would have got it is closed instead.
  };

  explicit tiny_hub(flaws f);
  ~tiny_hub();

  std::uint16_t port() const;

private:
  class implementation;
  std::unique_ptr<implementation> it_;
};

} // namespace troupe::tests
