// actors/recording/archive.hpp
//
// Any described struct into a portable binary archive of cereal and back: the same field
// lists as the wire. A field added at the end of a struct is a new format version (tape.hpp).
#pragma once

#include "protocol/described.hpp"

#include <cereal/archives/portable_binary.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/deque.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/variant.hpp>
#include <cereal/types/vector.hpp>

namespace cereal {

template <class Archive, troupe::protocol::described T>
void CEREAL_SERIALIZE_FUNCTION_NAME(Archive& archive, T& object) {
  if constexpr (troupe::protocol::field_count<T> != 0)
    troupe::protocol::with_fields(object, [&](auto&... fields) { archive(fields...); });
}

} // namespace cereal
