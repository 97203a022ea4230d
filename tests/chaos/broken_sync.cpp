// A disk whose syncs fail: in front of libc's, in a process that has this library preloaded, while the file that the
// environment variable BROKEN_SYNC names is there.
#include <cerrno>
#include <cstdlib>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

int sync_with(long call, int descriptor) {
  const char* marker = std::getenv("BROKEN_SYNC");
  if (marker != nullptr && ::access(marker, F_OK) == 0) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(call, descriptor));
}

} // namespace

extern "C" {

int fsync(int descriptor) { return sync_with(SYS_fsync, descriptor); }
int fdatasync(int descriptor) { return sync_with(SYS_fdatasync, descriptor); }
}
