// apps/troupe/chat/terminal.hpp
//
// Standard input and output as lines: with a prompt that stays whole on a terminal,
// plainly otherwise, so that chats can be scripted.
#pragma once

#include "apps/troupe/chat/line_editor.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>

#include <termios.h>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::chat {

/// Threading: the thread that runs the io_context.
/// Lifetime:  the destructor gives the terminal back as it was.
class terminal {
public:
  struct callbacks {
    std::function<void(const std::string& line)> line;
    std::function<void()> typing;      ///< Words are being typed, not a command; terminals only.
    std::function<void()> end;         ///< End of input.
    std::function<void()> interrupted; ///< ^C or SIGTERM: end at once.
  };

  terminal(boost::asio::io_context& io, callbacks calls);
  ~terminal();
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;

  void start();
  /// Stops reading, so that the io_context can run out of work.
  void stop();
  /// A person sits there: keys, not lines, and a prompt.
  bool interactive() const { return interactive_; }
  bool colours() const { return colours_; }
  /// A line of output; the prompt moves below it.
  void print(std::string_view line);
  void set_prompt(std::string prompt);

private:
  void read();
  void take(std::string_view bytes);
  void draw();
  std::size_t width() const;

  boost::asio::io_context& io_;
  boost::asio::posix::stream_descriptor input_;
  boost::asio::signal_set signals_;
  callbacks calls_;
  bool interactive_ = false;
  bool colours_ = false;
  bool running_ = false;
  std::optional<termios> before_;
  std::array<char, 4096> bytes_{};
  std::string pending_; ///< Of a line that is not ended; pipes only.
  std::string prompt_;
  line_editor editor_;
};

} // namespace troupe::chat
