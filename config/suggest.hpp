// config/suggest.hpp
//
// What somebody who wrote an unknown name probably meant.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::config {

/// The candidate that differs least, when it differs little enough to be a slip.
std::optional<std::string> closest(std::string_view name, const std::vector<std::string>& candidates);

/// `; did you mean "x"?`, or nothing.
std::string did_you_mean(const std::optional<std::string>& candidate);

/// `; did you mean …?` for a key of a table: a similar key there, or the same key in another table.
std::string suggestion(std::string_view table, std::string_view key);

} // namespace troupe::config
