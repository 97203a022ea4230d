#include "tests/support/process.hpp"

#include "tests/support/plain_http.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace troupe::tests {
namespace {

using clock = std::chrono::steady_clock;

void pipe_of(int (&ends)[2]) {
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw std::system_error{errno, std::generic_category(), "pipe"};
}

/// Everything after fork: only calls that are safe there.
[[noreturn]] void become(char* const* command, char* const* environment, int input, int output,
                         const std::optional<rlim_t>& descriptors_max) {
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (descriptors_max) {
    const rlimit limit{*descriptors_max, *descriptors_max};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(command[0], command, environment);
  const char sorry[] = "cannot execute the binary\n";
  [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, sorry, sizeof sorry - 1);
  ::_exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts)
    all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

} // namespace

temporary_directory::temporary_directory(const std::string& name) {
  auto pattern = (std::filesystem::temp_directory_path() / (name + "-XXXXXX")).string();
  if (!::mkdtemp(pattern.data()))
    throw std::system_error{errno, std::generic_category(), pattern};
  path_ = pattern;
}

temporary_directory::~temporary_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

// -- process ------------------------------------------------------------------------

process::process(options how) {
  std::vector<std::string> environment;
  for (char** at = environ; *at; ++at) {
    const std::string one = *at;
    if (!how.environment.contains(one.substr(0, one.find('='))))
      environment.push_back(one);
  }
  for (const auto& [name, value] : how.environment)
    environment.push_back(name + '=' + value);
  const auto command = pointers(how.command);
  const auto variables = pointers(environment);
  int in[2];
  int out[2];
  pipe_of(in);
  pipe_of(out);
  pid_ = ::fork();
  if (pid_ < 0)
    throw std::system_error{errno, std::generic_category(), "fork"};
  if (pid_ == 0)
    become(command.data(), variables.data(), in[0], out[1], how.descriptors_max);
  ::close(in[0]);
  ::close(out[1]);
  input_ = in[1];
  output_ = out[0];
  reader_ = std::thread{[this] { read_output(); }};
  write(how.input);
  if (!how.keep_input_open)
    close_input();
}

process::~process() {
  if (running()) {
    ::kill(pid_, SIGKILL);
    wait();
  }
  close_input();
  ::close(output_);
}

bool process::running() { return !wait(0ms).has_value(); }

void process::signal(int number) {
  if (running())
    ::kill(pid_, number);
}

std::optional<int> process::wait(std::chrono::milliseconds within) {
  const auto until = clock::now() + within;
  while (!ended_) {
    int status = 0;
    const auto got = ::waitpid(pid_, &status, WNOHANG);
    if (got == pid_)
      ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    else if (clock::now() >= until)
      return std::nullopt;
    else
      std::this_thread::sleep_for(2ms);
  }
  if (reader_.joinable())
    reader_.join(); // What it wrote last may not be read yet.
  return ended_;
}

void process::write(const std::string& text) {
  std::string_view rest{text};
  while (!rest.empty() && input_ >= 0) {
    const auto taken = ::write(input_, rest.data(), rest.size());
    if (taken < 0)
      return; // It ended; the test sees that by other means.
    rest.remove_prefix(static_cast<std::size_t>(taken));
  }
}

void process::close_input() {
  if (const auto open = std::exchange(input_, -1); open >= 0)
    ::close(open);
}

std::string process::output() const {
  const std::lock_guard lock{mutex_};
  return text_;
}

bool process::says(const std::string& text, std::chrono::milliseconds within) const {
  const auto until = clock::now() + within;
  do {
    if (output().find(text) != std::string::npos)
      return true;
    std::this_thread::sleep_for(2ms);
  } while (clock::now() < until);
  return false;
}

void process::read_output() {
  char bytes[4096];
  for (;;) {
    const auto got = ::read(output_, bytes, sizeof bytes);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return;
    const std::lock_guard lock{mutex_};
    text_.append(bytes, static_cast<std::size_t>(got));
  }
}

// -- node -----------------------------------------------------------------------------

node::node(options how)
  : how_{std::move(how)}, own_{std::make_unique<temporary_directory>("troupe-node")}, port_{free_port()} {
  if (how_.binary.empty())
    how_.binary = shipped_binary();
  if (how_.data.empty())
    how_.data = *own_ / "data";
}

node node::started(options how) {
  node made{std::move(how)};
  made.start();
  return made;
}

node::~node() {
  if (child_)
    kill();
}

void node::launch() {
  if (child_)
    earlier_output_ += child_->output();
  std::vector<std::string> command{how_.binary, "serve",   "--listen",     "127.0.0.1:" + std::to_string(port_),
                                   "--data",    how_.data, "--durability", how_.durability,
                                   "--auth",    how_.auth, "--io-threads", std::to_string(how_.io_threads)};
  if (!how_.name.empty())
    command.insert(command.end(), {"--node", how_.name});
  if (!how_.config.empty()) {
    const auto file = *own_ / "node.toml";
    std::ofstream{file} << how_.config;
    command.insert(command.end(), {"--config", file});
  }
  child_.reset();
  child_ = std::make_unique<process>(process::options{
    .command = std::move(command), .environment = how_.environment, .descriptors_max = how_.descriptors_max});
}

void node::start() {
  launch();
  if (!becomes_ready())
    throw std::runtime_error{"the node did not get ready:\n" + output()};
}

bool node::becomes_ready(std::chrono::milliseconds within) {
  const auto until = clock::now() + within;
  while (running() && clock::now() < until) {
    if (const auto answer = http_get(port_, "/readyz"); answer && answer->status == 200)
      return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

void node::kill() {
  if (child_) {
    child_->signal(SIGKILL);
    child_->wait();
  }
}

std::optional<int> node::stop(std::chrono::milliseconds within) {
  child_->signal(SIGTERM);
  return child_->wait(within);
}

void node::freeze() { child_->signal(SIGSTOP); }
void node::thaw() { child_->signal(SIGCONT); }

std::string shipped_binary() {
  const char* another = std::getenv("TROUPE_BINARY");
  return another ? another : TROUPE_BINARY;
}

std::string faulty_binary() {
  const char* another = std::getenv("TROUPE_FAULTY_BINARY");
  return another ? another : TROUPE_FAULTY_BINARY;
}

namespace {

bool is_free(unsigned short port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return bound;
}

} // namespace

unsigned short free_port(unsigned short count) {
  // Below the range the system takes for outgoing connections: a client that keeps trying to reach a dead node
  // could otherwise be given the node's own port, reach itself, and keep the node from coming back.
  std::random_device random;
  for (int attempt = 0; attempt < 1'000; ++attempt) {
    const auto port = static_cast<unsigned short>(20'000 + random() % 12'000);
    unsigned short free = 0;
    while (free < count && is_free(static_cast<unsigned short>(port + free)))
      ++free;
    if (free == count)
      return port;
  }
  throw std::runtime_error{"no free port on the loopback"};
}

std::size_t private_dirty_kib(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/smaps_rollup"};
  std::string word;
  while (in >> word)
    if (word == "Private_Dirty:") {
      std::size_t kib = 0;
      in >> kib;
      return kib;
    }
  return 0;
}

} // namespace troupe::tests
