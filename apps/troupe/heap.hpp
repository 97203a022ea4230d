// apps/troupe/heap.hpp
//
// What a node asks of glibc's allocator. With another one preloaded this has no effect.
#pragma once

#include <malloc.h>

#include <algorithm>
#include <cstddef>

namespace troupe {

/// As many arenas as I/O threads, but two at least. The dozen other threads share these: in arenas of their own their
/// few live blocks would hold pages that nobody else can use, and a node that lives on would grow by that.
/// To be called before threads are started.
inline void share_arenas(std::size_t io_threads) {
  constexpr std::size_t least = 2; // The log's writer allocates as much as an I/O thread.
  ::mallopt(M_ARENA_MAX, static_cast<int>(std::max(io_threads, least)));
}

/// What is long, as the newest messages of a room, gets pages of its own, which go back when it goes. glibc would take
/// whatever is shorter than the longest that ever went out of the heap, where small blocks soon lie in its place.
inline void keep_long_blocks_apart() {
  constexpr int long_bytes = 64 * 1024;
  constexpr int blocks_max = 16 * 1024; // Of 65,530 mappings that Linux allows a process.
  ::mallopt(M_MMAP_THRESHOLD, long_bytes);
  ::mallopt(M_MMAP_MAX, blocks_max);
}

/// What is allocated at this moment. The rest of a node's memory lies between such blocks, in stacks and in files.
inline double heap_used_bytes() {
  const auto of_all_arenas = ::mallinfo2();
  return static_cast<double>(of_all_arenas.uordblks + of_all_arenas.hblkhd);
}

/// Threads that allocate wait for that, about a millisecond per thousand connections that left.
inline void give_back_free_memory() { ::malloc_trim(0); }

} // namespace troupe
