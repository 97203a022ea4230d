// storage/secret_file.hpp
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace troupe::storage {

/// 32 secret bytes from `path`, which is made with fresh ones, readable by its owner alone,
/// when it is not there. They outlive the process, so that what they signed stays good.
///
/// Errors: throws std::runtime_error that says what to do, also when others may read the file.
std::array<std::uint8_t, 32> load_or_make_secret(const std::string& path);

} // namespace troupe::storage
