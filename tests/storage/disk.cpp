#include "tests/storage/disk.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace disk = troupe::storage::testing::disk;

namespace {

int sync_with(long call, int descriptor) {
  if (disk::broken_sync) {
    errno = EIO;
    return -1;
  }
  const auto result = static_cast<int>(::syscall(call, descriptor));
  if (result == 0)
    ++disk::syncs;
  return result;
}

ssize_t write_at(int descriptor, const void* bytes, size_t count, off_t at) {
  if (disk::no_space || disk::broken_write) {
    errno = disk::no_space ? ENOSPC : EIO;
    return -1;
  }
  return ::syscall(SYS_pwrite64, descriptor, bytes, count, at);
}

ssize_t read_at(int descriptor, void* bytes, size_t count, off_t at) {
  if (disk::broken_read) {
    errno = EIO;
    return -1;
  }
  return ::syscall(SYS_pread64, descriptor, bytes, count, at);
}

} // namespace

extern "C" {

int fdatasync(int descriptor) { return sync_with(SYS_fdatasync, descriptor); }
int fsync(int descriptor) { return sync_with(SYS_fsync, descriptor); }
ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t at) {
  return write_at(descriptor, bytes, count, at);
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t count, off_t at) {
  return write_at(descriptor, bytes, count, at);
}
ssize_t pread(int descriptor, void* bytes, size_t count, off_t at) { return read_at(descriptor, bytes, count, at); }
ssize_t pread64(int descriptor, void* bytes, size_t count, off_t at) { return read_at(descriptor, bytes, count, at); }
int posix_fallocate(int descriptor, off_t from, off_t bytes) {
  if (disk::no_space || disk::no_reserve)
    return ENOSPC;
  return ::syscall(SYS_fallocate, descriptor, 0, from, bytes) == 0 ? 0 : errno;
}
}
