#include "storage/secret_file.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace troupe::storage {

namespace {

[[noreturn]] void fail(const std::string& path, const std::string& why) { throw std::runtime_error(path + ": " + why); }

struct descriptor {
  int fd;
  ~descriptor() {
    if (fd >= 0)
      ::close(fd);
  }
};

} // namespace

std::array<std::uint8_t, 32> load_or_make_secret(const std::string& path) {
  std::array<std::uint8_t, 32> secret{};
  const descriptor made{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (made.fd >= 0) {
    if (::getrandom(secret.data(), secret.size(), 0) != static_cast<ssize_t>(secret.size()) ||
        ::write(made.fd, secret.data(), secret.size()) != static_cast<ssize_t>(secret.size()) || ::fsync(made.fd) != 0)
      fail(path, std::string{"cannot be written: "} + std::strerror(errno));
    return secret;
  }
  if (errno != EEXIST)
    fail(path, std::string{"cannot be made: "} + std::strerror(errno));
  const descriptor kept{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat about {};
  if (kept.fd < 0 || ::fstat(kept.fd, &about) != 0)
    fail(path, std::string{"cannot be read: "} + std::strerror(errno));
  if ((about.st_mode & 077) != 0)
    fail(path, "others may read this key: chmod 600 it, or remove it to have a new one made");
  if (::read(kept.fd, secret.data(), secret.size()) != static_cast<ssize_t>(secret.size()))
    fail(path, "is too short for a key: remove it to have a new one made");
  return secret;
}

} // namespace troupe::storage
