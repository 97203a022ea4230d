#include "storage/message_log.hpp"

#include <xxhash.h>

namespace troupe::storage {

shard_id shard_of(std::string_view name) {
  return static_cast<shard_id>(XXH3_64bits(name.data(), name.size()) % shard_count);
}

} // namespace troupe::storage
