// identity/json.hpp
//
// JSON as cjose reads it, by the same parser (jansson), so that no text means one thing to our checks and another to the
// library. Included by sources only.
#pragma once

#include <jansson.h>

#include <memory>
#include <optional>
#include <string_view>

namespace troupe::identity {

struct free_json {
  void operator()(json_t* what) const { json_decref(what); }
};
using json_handle = std::unique_ptr<json_t, free_json>;

/// An object, whose names stand once each in every object below it; otherwise null. The text is bounded by the caller.
inline json_handle parse_object(std::string_view text) {
  json_handle whole{json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, nullptr)};
  return json_is_object(whole.get()) ? std::move(whole) : nullptr;
}

/// The text under this name. Nothing when it is not there or is no text.
inline std::optional<std::string_view> text_of(const json_t* object, const char* name) {
  const auto* value = json_object_get(object, name);
  if (!json_is_string(value))
    return std::nullopt;
  return std::string_view{json_string_value(value), json_string_length(value)};
}

} // namespace troupe::identity
