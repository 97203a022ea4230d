// tests/support/room_history.hpp
#pragma once

#include "checker/event_sink.hpp"
#include "storage/message_log.hpp"

#include <string>

namespace troupe::tests {

/// Reads all of a room from a log that answers at once, as its final history.
void append_room_history(storage::message_log& log, const std::string& room, checker::event_sink& into);

} // namespace troupe::tests
