// tests/chaos/loop_disk.hpp
//
// A small disk in a file, which can be copied as a power cut would leave it.
#pragma once

#include "tests/support/process.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace troupe::tests {

/// An ext4 file system in a file, mounted through a loop device. Needs root.
class loop_disk {
public:
  /// Makes and mounts one, or says why it cannot be had here.
  static std::unique_ptr<loop_disk> make(std::size_t mebibytes, std::string& why_not);
  ~loop_disk();
  loop_disk(const loop_disk&) = delete;
  loop_disk& operator=(const loop_disk&) = delete;

  const std::filesystem::path& mounted_at() const { return mounted_at_; }

  /// What would be on the disk if the power went now: the backing file is copied until two copies in a row are
  /// equal, checked by fsck (which replays its journal) and mounted. Whoever writes must be stopped.
  /// Throws std::runtime_error when the copy is not a sound file system.
  std::unique_ptr<loop_disk> image() const;

private:
  loop_disk();
  std::optional<std::string> mount();

  temporary_directory directory_{"troupe-disk"};
  std::filesystem::path backing_;
  std::filesystem::path mounted_at_;
  std::string device_;
};

/// A small file system in memory. Needs root. Nothing when it cannot be had.
class memory_disk {
public:
  static std::unique_ptr<memory_disk> make(std::size_t mebibytes, std::string& why_not);
  ~memory_disk();
  const std::filesystem::path& mounted_at() const { return directory_.path(); }

private:
  memory_disk() = default;
  temporary_directory directory_{"troupe-small"};
};

} // namespace troupe::tests
