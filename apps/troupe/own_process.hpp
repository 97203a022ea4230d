// apps/troupe/own_process.hpp
//
// What this process may have, and what it has used so far. From any thread.
#pragma once

#include <cstdint>

namespace troupe {

/// As many descriptors as we may have, since a connection is one; returns how many those are.
std::uint64_t raise_descriptor_limit();

/// User and system time of all threads.
double cpu_seconds();

/// Memory that is not swapped out, shared pages too; 0 where the kernel does not say.
double resident_bytes();

} // namespace troupe
