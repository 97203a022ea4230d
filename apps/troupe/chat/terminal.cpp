#include "apps/troupe/chat/terminal.hpp"

#include "client/printable.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace troupe::chat {
namespace {

/// Regular files cannot be waited for; they are read at once.
bool can_wait(int descriptor) {
  struct stat what {};
  return ::fstat(descriptor, &what) == 0 && !S_ISREG(what.st_mode);
}

bool wants_colours() {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) && !std::getenv("NO_COLOR") && kind && std::string_view{kind} != "dumb";
}

} // namespace

terminal::terminal(boost::asio::io_context& io, callbacks calls)
  : io_{io}, input_{io}, signals_{io, SIGINT, SIGTERM}, calls_{std::move(calls)},
    interactive_{::isatty(STDIN_FILENO) && ::isatty(STDOUT_FILENO)}, colours_{wants_colours()} {
  termios now{};
  if (interactive_ && ::tcgetattr(STDIN_FILENO, &now) == 0) {
    before_ = now;
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    now.c_cc[VMIN] = 1;
    now.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
  } else {
    interactive_ = false;
  }
}

terminal::~terminal() {
  if (interactive_) {
    std::fputs("\r\x1b[K", stdout);
    std::fflush(stdout);
  }
  if (before_)
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &*before_);
}

void terminal::start() {
  running_ = true;
  signals_.async_wait([this](boost::system::error_code failed, int) {
    if (!failed && running_)
      calls_.interrupted();
  });
  if (can_wait(STDIN_FILENO)) {
    input_.assign(::dup(STDIN_FILENO));
    read();
    return;
  }
  boost::asio::post(io_, [this] {
    while (running_) {
      const auto got = ::read(STDIN_FILENO, bytes_.data(), bytes_.size());
      if (got <= 0)
        break;
      take({bytes_.data(), static_cast<std::size_t>(got)});
    }
    if (running_)
      calls_.end();
  });
}

void terminal::stop() {
  running_ = false;
  boost::system::error_code ignored;
  signals_.cancel(ignored);
  input_.close(ignored);
}

void terminal::read() {
  input_.async_read_some(boost::asio::buffer(bytes_), [this](boost::system::error_code failed, std::size_t count) {
    if (!running_)
      return;
    if (!failed) {
      take({bytes_.data(), count});
      if (running_ && input_.is_open())
        read();
      return;
    }
    if (!pending_.empty())
      calls_.line(std::exchange(pending_, {}));
    calls_.end();
  });
}

void terminal::take(std::string_view bytes) {
  for (const char byte : bytes) {
    if (!running_)
      return;
    if (!interactive_) {
      if (byte == '\n')
        calls_.line(std::exchange(pending_, {}));
      else
        pending_ += byte;
      continue;
    }
    switch (editor_.press(byte)) {
    case line_editor::outcome::nothing: break;
    case line_editor::outcome::changed:
      draw();
      if (editor_.speaks())
        calls_.typing();
      break;
    case line_editor::outcome::line:
      draw();
      calls_.line(editor_.take());
      break;
    case line_editor::outcome::end: return calls_.end();
    }
  }
}

void terminal::print(std::string_view line) {
  if (interactive_)
    std::fputs("\r\x1b[K", stdout);
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
  if (interactive_)
    draw();
  std::fflush(stdout);
}

void terminal::set_prompt(std::string prompt) {
  if (prompt == prompt_)
    return;
  prompt_ = std::move(prompt);
  if (interactive_)
    draw();
}

void terminal::draw() {
  const auto prompt_columns = client::columns(prompt_);
  const auto columns = width();
  const auto shown = editor_.draw(columns > prompt_columns + 10 ? columns - prompt_columns - 1 : 10);
  // Draw, then put the cursor where it belongs.
  std::printf("\r\x1b[K%s%s\r\x1b[%zuC", prompt_.c_str(), shown.text.c_str(), prompt_columns + shown.cursor);
  std::fflush(stdout);
}

std::size_t terminal::width() const {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

} // namespace troupe::chat
