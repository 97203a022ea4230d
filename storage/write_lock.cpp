#include "storage/write_lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace troupe::storage {

write_lock::write_lock(const std::string& path)
  : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640)) {
  if (descriptor_ < 0)
    throw std::system_error(errno, std::generic_category(), path);
}

write_lock::~write_lock() { ::close(descriptor_); }

write_lock::guard::guard(write_lock& of) : of_(of) {
  while (::flock(of_.descriptor_, LOCK_EX) != 0)
    if (errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "flock");
}

write_lock::guard::~guard() { ::flock(of_.descriptor_, LOCK_UN); }

} // namespace troupe::storage
