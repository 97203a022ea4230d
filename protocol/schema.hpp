// protocol/schema.hpp
//
// The protocol for other languages, made from the field lists of messages.hpp.
#pragma once

#include <string>

namespace troupe::protocol {

/// One JSON Schema (2020-12) document with all frames of both directions:
/// `#/$defs/client_frame` and `#/$defs/server_frame` choose among the messages. A copy
/// is kept at protocol/schema/troupe.v1.schema.json; a test says when it is stale.
std::string json_schema();

} // namespace troupe::protocol
