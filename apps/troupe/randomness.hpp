// apps/troupe/randomness.hpp
#pragma once

#include <cstddef>

namespace troupe {

/// Random bytes for salts, sessions, epochs and names, fetched from the kernel a page at a time. From any thread.
void draw(unsigned char* to, std::size_t bytes);

} // namespace troupe
