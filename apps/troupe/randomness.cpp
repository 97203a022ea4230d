#include "apps/troupe/randomness.hpp"

#include <algorithm>
#include <cstring>
#include <sys/random.h>

namespace troupe {

void draw(unsigned char* to, std::size_t bytes) {
  thread_local unsigned char pool[4096];
  thread_local std::size_t used = sizeof pool;
  while (bytes > 0) {
    if (used == sizeof pool) {
      for (std::size_t got = 0; got < sizeof pool;) {
        const auto n = ::getrandom(pool + got, sizeof pool - got, 0);
        got += n > 0 ? static_cast<std::size_t>(n) : 0;
      }
      used = 0;
    }
    const auto n = std::min(bytes, sizeof pool - used);
    std::memcpy(to, pool + used, n);
    std::memset(pool + used, 0, n);
    used += n;
    to += n;
    bytes -= n;
  }
}

} // namespace troupe
