#include "storage/filesystem.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace troupe::storage {

namespace {

constexpr std::array<std::pair<unsigned long, const char*>, 12> network_magics{{
  {0x6969, "nfs"},
  {0x517B, "smb"},
  {0xFF534D42, "cifs"},
  {0xFE534D42, "smb2"},
  {0x564C, "ncp"},
  {0x73757245, "coda"},
  {0x5346414F, "afs"},
  {0x6B414653, "afs"},
  {0x01021997, "9p"},
  {0x00C36400, "ceph"},
  {0x0BD00BD0, "lustre"},
  {0x47504653, "gpfs"},
}};

/// File systems in user space all have one magic; only their type tells them apart.
constexpr std::array<std::string_view, 12> network_types{
  "fuse.sshfs",  "fuse.glusterfs", "fuse.ceph",      "fuse.s3fs",   "fuse.goofys",   "fuse.gcsfuse",
  "fuse.rclone", "fuse.juicefs",   "fuse.seaweedfs", "fuse.davfs2", "fuse.blobfuse", "virtiofs"};

/// The type of the mounted file system that `device` is of, from mountinfo; empty when
/// it is not listed.
std::string mounted_type(dev_t device) {
  const auto wanted = std::to_string(major(device)) + ":" + std::to_string(minor(device));
  std::ifstream mounts{"/proc/self/mountinfo"};
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words{line};
    std::string id, parent, numbers, word;
    words >> id >> parent >> numbers;
    if (numbers != wanted)
      continue;
    while (words >> word && word != "-") {
    }
    std::string type;
    words >> type;
    return type;
  }
  return {};
}

} // namespace

std::optional<std::string> refused_filesystem(long magic, std::string_view type) {
  for (const auto& [known, name] : network_magics)
    if (static_cast<unsigned long>(magic) == known || static_cast<std::uint32_t>(magic) == known)
      return name;
  for (const auto known : network_types)
    if (type == known)
      return std::string{known};
  return {};
}

std::optional<std::string> prepare_directory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    return "cannot make the data directory " + directory + " (" + error.message() +
           "): make it, or name another one with --data";
  struct statfs about {};
  struct stat entry {};
  if (::statfs(directory.c_str(), &about) != 0 || ::stat(directory.c_str(), &entry) != 0)
    return "cannot look at the data directory " + directory + " (" + std::generic_category().message(errno) +
           "): check its rights";
  if (const auto network = refused_filesystem(static_cast<long>(about.f_type), mounted_type(entry.st_dev)))
    return "the data directory " + directory + " lies on a network file system (" + *network +
           "), where locks and syncs cannot be relied on: use a local disk for it";
  return {};
}

bool sync_path(const std::string& path) noexcept {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return false;
  const bool synced = ::fsync(descriptor) == 0;
  return ::close(descriptor) == 0 && synced;
}

} // namespace troupe::storage
