#include "storage/reserve_file.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace troupe::storage {

bool reserve_file::hold() {
  if (bytes_ == 0)
    return true;
  const int descriptor = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
  if (descriptor < 0)
    return false;
  // Blocks that are there already are kept, so this is cheap when nothing is to be done.
  const bool held = ::posix_fallocate(descriptor, 0, static_cast<off_t>(bytes_)) == 0;
  if (!held)
    release(); // half a reserve would only take from the others
  ::close(descriptor);
  return held;
}

bool reserve_file::hold_again(clock::time_point now) {
  if (now < next_try_)
    return false;
  next_try_ = now + retry_every;
  return hold();
}

bool reserve_file::held() const noexcept { return bytes_ == 0 || ::access(path_.c_str(), F_OK) == 0; }

void reserve_file::release() noexcept { ::unlink(path_.c_str()); }

} // namespace troupe::storage
