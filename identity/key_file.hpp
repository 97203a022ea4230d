// identity/key_file.hpp
//
// Files with keys: how long they may be, and who may read them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::identity {

inline constexpr std::size_t key_file_bytes_max = 64 * 1024;

/// Why a file was not read, to follow its name.
struct unreadable {
  std::string why;
};
using read_file = std::variant<std::string, unreadable>;

/// A regular file of at most `bytes_max`.
read_file read_key_file(const std::string& path, std::size_t bytes_max);

/// The same, refused when anybody but its owner may do anything with it.
read_file read_private_file(const std::string& path, std::size_t bytes_max);

/// The secret in a private file: its bytes, without the end of the line if there is one.
read_file read_secret_file(const std::string& path);

/// Makes a file with this text, which must not be there yet. Nothing when it is made, or why it is not.
std::string write_new_file(const std::string& path, std::string_view text, unsigned mode);

} // namespace troupe::identity
