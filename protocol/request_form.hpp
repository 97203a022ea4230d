// protocol/request_form.hpp
//
// What a request must look like beyond its types: names, kinds, sizes, fields that go
// together. Nothing here depends on state.
#pragma once

#include "protocol/codec.hpp"

#include <optional>
#include <string>

namespace troupe::protocol {

/// What is told of every bad token, whatever is wrong with it: who forges one learns nothing.
inline constexpr auto token_not_accepted = "The token is not accepted: get a new one.";

struct form_error {
  protocol::code code = protocol::code::bad_request;
  std::string message; ///< What is wrong and what to do.
};

/// The first thing wrong with the form of a request, or nothing.
std::optional<form_error> check_form(const request& what);

} // namespace troupe::protocol
