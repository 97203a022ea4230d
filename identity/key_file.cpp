#include "identity/key_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace troupe::identity {

namespace {

class descriptor {
public:
  descriptor(const std::string& path, int flags, unsigned mode = 0)
    : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  descriptor(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  int get() const noexcept { return fd_; }

private:
  int fd_;
};

read_file read_checked(const std::string& path, std::size_t bytes_max, bool must_be_private) {
  // Without O_NONBLOCK the opening of a pipe would wait for a writer.
  const descriptor file{path, O_RDONLY | O_NONBLOCK};
  struct stat about {};
  if (file.get() < 0 || ::fstat(file.get(), &about) != 0)
    return unreadable{std::string{"cannot be read: "} + std::strerror(errno)};
  if (!S_ISREG(about.st_mode))
    return unreadable{"is no regular file"};
  if (must_be_private && (about.st_mode & 077) != 0)
    return unreadable{"can be read or changed by others than its owner: chmod 600 it, and think about a new secret"};
  std::string text(bytes_max + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return unreadable{std::string{"cannot be read: "} + std::strerror(errno)};
    if (got == 0)
      break;
    size += static_cast<std::size_t>(got);
  }
  if (size > bytes_max)
    return unreadable{"is longer than " + std::to_string(bytes_max) + " bytes"};
  text.resize(size);
  return text;
}

} // namespace

read_file read_key_file(const std::string& path, std::size_t bytes_max) { return read_checked(path, bytes_max, false); }

read_file read_private_file(const std::string& path, std::size_t bytes_max) {
  return read_checked(path, bytes_max, true);
}

read_file read_secret_file(const std::string& path) {
  auto found = read_private_file(path, key_file_bytes_max);
  if (auto* text = std::get_if<std::string>(&found)) {
    if (text->ends_with('\n'))
      text->pop_back();
    if (text->ends_with('\r'))
      text->pop_back();
  }
  return found;
}

std::string write_new_file(const std::string& path, std::string_view text, unsigned mode) {
  const descriptor file{path, O_WRONLY | O_CREAT | O_EXCL, mode};
  if (file.get() < 0)
    return std::string{"cannot be made: "} + std::strerror(errno);
  // What the umask took away stays away; what it would leave too much is not asked for.
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fsync(file.get()) != 0)
    return std::string{"cannot be written: "} + std::strerror(errno);
  return {};
}

} // namespace troupe::identity
