// A directory of a test's own, gone with it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace troupe::storage::testing {

class directory {
public:
  directory() {
    std::string name = (std::filesystem::temp_directory_path() / "troupe-storage-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  directory(const directory&) = delete;
  ~directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
  std::string path_;
};

} // namespace troupe::storage::testing
