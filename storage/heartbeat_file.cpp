#include "storage/heartbeat_file.hpp"

#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <xxhash.h>

namespace troupe::storage {

namespace {

/// As it is in the file; read on the machine that wrote it, so in its own byte order.
struct heartbeat_record {
  std::uint64_t magic = 0x3174616562706f72; // "ropbeat1"
  std::int64_t at = 0;
  std::uint64_t incarnation = 0;
  std::uint64_t draining = 0;
  std::uint64_t checksum = 0;

  std::uint64_t expected_checksum() const { return XXH3_64bits(this, offsetof(heartbeat_record, checksum)); }
};
static_assert(sizeof(heartbeat_record) == 40);

/// A record that is being written is whole a moment later.
constexpr int reads_max = 3;

} // namespace

protocol::time_ms boot_time_ms() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * 1'000 + now.tv_nsec / 1'000'000;
}

heartbeat_file::heartbeat_file(std::string path)
  : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640)) {
  if (descriptor_ < 0)
    throw std::system_error(errno, std::generic_category(), path_);
}

heartbeat_file::~heartbeat_file() { ::close(descriptor_); }

bool heartbeat_file::write(const heartbeat& what) noexcept {
  heartbeat_record record;
  record.at = what.at;
  record.incarnation = what.incarnation;
  record.draining = what.draining ? 1 : 0;
  record.checksum = record.expected_checksum();
  return ::pwrite(descriptor_, &record, sizeof record, 0) == static_cast<ssize_t>(sizeof record);
}

void heartbeat_file::remove() noexcept { ::unlink(path_.c_str()); }

std::optional<heartbeat> read_heartbeat(const std::string& path) noexcept {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return {};
  std::optional<heartbeat> found;
  for (int i = 0; i < reads_max && !found; ++i) {
    heartbeat_record record;
    if (::pread(descriptor, &record, sizeof record, 0) == static_cast<ssize_t>(sizeof record) &&
        record.magic == heartbeat_record{}.magic && record.checksum == record.expected_checksum())
      found = heartbeat{record.at, record.incarnation, record.draining != 0};
  }
  ::close(descriptor);
  return found;
}

} // namespace troupe::storage
