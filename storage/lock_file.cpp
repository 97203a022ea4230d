#include "storage/lock_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace troupe::storage {

lock_file::lock_file(const std::string& path) : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640)) {
  if (descriptor_ < 0)
    throw std::system_error(errno, std::generic_category(), path);
}

lock_file::~lock_file() { ::close(descriptor_); }

bool lock_file::take(int how) {
  while (::flock(descriptor_, how) != 0) {
    if (errno == EWOULDBLOCK)
      return false;
    if (errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "flock");
  }
  return true;
}

void lock_file::give_back() noexcept { ::flock(descriptor_, LOCK_UN); }

} // namespace troupe::storage
