// actors/api_forms.hpp
//
// What the desks of the HTTP API have in common: the form of refusals.
#pragma once

#include "actors/api.hpp"
#include "protocol/messages.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace troupe::actors {

/// A refusal as an answer: the status follows from the code.
api_response failure(const protocol::server::error& why);
api_response failure(protocol::code what, std::string message, protocol::retry next = protocol::retry::never);

/// 405, which no code of the protocol stands for.
api_response wrong_method(std::string message);

/// A value of a query, percent-decoded.
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

} // namespace troupe::actors
