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
    static_cast<void>(::ftruncate(descriptor, 0)); // half a reserve would only take from the others
  ::close(descriptor);
  return held;
}

bool reserve_file::hold_again(clock::time_point now) {
  if (now < next_try_)
    return false;
  next_try_ = now + retry_every;
  return hold();
}

void reserve_file::release() noexcept { ::unlink(path_.c_str()); }

} // namespace troupe::storage
