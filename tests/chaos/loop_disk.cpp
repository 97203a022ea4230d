#include "tests/chaos/loop_disk.hpp"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <utility>
#include <vector>

namespace troupe::tests {
namespace {

std::string reason(const std::string& what) { return what + ": " + std::strerror(errno); }

struct descriptor {
  int number;
  explicit descriptor(int from) : number{from} {}
  ~descriptor() {
    if (number >= 0)
      ::close(number);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
};

/// Attaches the file to a free loop device, making the device node where nobody else does.
std::string attach(const std::filesystem::path& backing, std::string& why_not) {
  const descriptor control{::open("/dev/loop-control", O_RDWR | O_CLOEXEC)};
  if (control.number < 0)
    return why_not = reason("/dev/loop-control"), std::string{};
  const descriptor file{::open(backing.c_str(), O_RDWR | O_CLOEXEC)};
  for (int attempt = 0; attempt < 10; ++attempt) {
    const int number = ::ioctl(control.number, LOOP_CTL_GET_FREE);
    if (number < 0)
      return why_not = reason("no free loop device"), std::string{};
    const auto name = "/dev/loop" + std::to_string(number);
    if (::access(name.c_str(), F_OK) != 0)
      ::mknod(name.c_str(), S_IFBLK | 0600, makedev(7, static_cast<unsigned>(number)));
    const descriptor device{::open(name.c_str(), O_RDWR | O_CLOEXEC)};
    if (device.number >= 0 && ::ioctl(device.number, LOOP_SET_FD, file.number) == 0)
      return name;
    if (errno != EBUSY)
      return why_not = reason(name), std::string{};
  }
  return why_not = "loop devices are taken faster than they can be had", std::string{};
}

void detach(const std::string& device) {
  const descriptor opened{::open(device.c_str(), O_RDWR | O_CLOEXEC)};
  if (opened.number >= 0)
    ::ioctl(opened.number, LOOP_CLR_FD, 0);
}

std::optional<int> runs(std::vector<std::string> command, std::string& output) {
  process child{{.command = std::move(command)}};
  const auto code = child.wait(60s);
  output = child.output();
  return code;
}

std::string program(const std::string& name) {
  for (const auto* directory : {"/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"})
    if (::access((directory + name).c_str(), X_OK) == 0)
      return directory + name;
  return {};
}

bool equal(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::ifstream one{a, std::ios::binary};
  std::ifstream other{b, std::ios::binary};
  std::vector<char> left(1 << 20);
  std::vector<char> right(1 << 20);
  while (one && other) {
    one.read(left.data(), static_cast<std::streamsize>(left.size()));
    other.read(right.data(), static_cast<std::streamsize>(right.size()));
    if (one.gcount() != other.gcount() ||
        std::memcmp(left.data(), right.data(), static_cast<std::size_t>(one.gcount())))
      return false;
  }
  return one.eof() && other.eof();
}

} // namespace

loop_disk::loop_disk() : backing_{directory_ / "backing"}, mounted_at_{directory_ / "mounted"} {
  std::filesystem::create_directory(mounted_at_);
}

std::unique_ptr<loop_disk> loop_disk::make(std::size_t mebibytes, std::string& why_not) {
  if (::geteuid() != 0)
    return why_not = "mounting needs root", nullptr;
  const auto mkfs = program("mkfs.ext4");
  if (mkfs.empty() || program("e2fsck").empty())
    return why_not = "mkfs.ext4 and e2fsck are not installed (package e2fsprogs)", nullptr;
  std::unique_ptr<loop_disk> made{new loop_disk};
  std::ofstream{made->backing_}.flush();
  std::filesystem::resize_file(made->backing_, mebibytes << 20);
  std::string output;
  if (runs({mkfs, "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0", made->backing_}, output) != 0)
    return why_not = "mkfs.ext4: " + output, nullptr;
  if (auto failed = made->mount())
    return why_not = *failed, nullptr;
  return made;
}

std::optional<std::string> loop_disk::mount() {
  std::string why_not;
  device_ = attach(backing_, why_not);
  if (device_.empty())
    return why_not;
  if (::mount(device_.c_str(), mounted_at_.c_str(), "ext4", 0, nullptr) != 0) {
    why_not = reason("mount " + device_);
    detach(std::exchange(device_, {}));
    return why_not;
  }
  return std::nullopt;
}

loop_disk::~loop_disk() {
  if (device_.empty())
    return;
  for (int attempt = 0; attempt < 50 && ::umount2(mounted_at_.c_str(), 0) != 0 && errno == EBUSY; ++attempt)
    std::this_thread::sleep_for(20ms);
  detach(device_);
}

std::unique_ptr<loop_disk> loop_disk::image() const {
  std::unique_ptr<loop_disk> cut{new loop_disk};
  const auto second = cut->directory_ / "second";
  const auto copy = [this](const std::filesystem::path& to) {
    std::filesystem::copy_file(backing_, to, std::filesystem::copy_options::overwrite_existing);
  };
  // What the kernel had begun to write may still arrive; a real disk would have taken it or not, as a whole.
  copy(cut->backing_);
  for (;;) {
    copy(second);
    if (equal(cut->backing_, second))
      break;
    std::filesystem::rename(second, cut->backing_);
  }
  std::filesystem::remove(second);
  std::string output;
  // 0: clean, 1: corrected (the journal was replayed). Anything above is damage.
  if (const auto code = runs({program("e2fsck"), "-f", "-p", cut->backing_}, output); !code || *code > 1)
    throw std::runtime_error{"e2fsck says " + std::to_string(code.value_or(-1)) + ": " + output};
  if (auto failed = cut->mount())
    throw std::runtime_error{*failed};
  return cut;
}

std::unique_ptr<memory_disk> memory_disk::make(std::size_t mebibytes, std::string& why_not) {
  std::unique_ptr<memory_disk> made{new memory_disk};
  const auto size = "size=" + std::to_string(mebibytes) + "m";
  if (::mount("tmpfs", made->mounted_at().c_str(), "tmpfs", 0, size.c_str()) != 0)
    return why_not = reason("mounting a tmpfs"), nullptr;
  return made;
}

memory_disk::~memory_disk() {
  for (int attempt = 0; attempt < 50 && ::umount2(mounted_at().c_str(), 0) != 0 && errno == EBUSY; ++attempt)
    std::this_thread::sleep_for(20ms);
}

} // namespace troupe::tests
