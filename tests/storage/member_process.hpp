// A node's store in a process of its own (member.cpp), told what to do line by line.
#pragma once

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::storage::testing {

class member_process {
public:
  member_process(std::string directory, std::string name) {
    int to[2];
    int from[2];
    if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0)
      throw std::runtime_error("pipe2");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], 0);
    posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    std::string program = TROUPE_STORAGE_MEMBER;
    char* arguments[] = {program.data(), directory.data(), name.data(), nullptr};
    const int failed = ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(to[0]);
    ::close(from[1]);
    to_ = to[1];
    from_ = ::fdopen(from[0], "r");
    if (failed != 0)
      throw std::runtime_error("cannot start " + program);
  }
  member_process(const member_process&) = delete;
  ~member_process() {
    if (pid_ != 0)
      kill();
    ::close(to_);
    std::fclose(from_);
  }

  pid_t pid() const { return pid_; }

  void is_told(const std::string& command) {
    const auto line = command + "\n";
    if (::write(to_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
      throw std::runtime_error("the member does not listen");
  }

  /// Its next line; empty when it has ended.
  std::string answers() {
    char* line = nullptr;
    std::size_t size = 0;
    const auto got = ::getline(&line, &size, from_);
    std::string text{line, got > 0 ? static_cast<std::size_t>(got - 1) : 0};
    std::free(line);
    return text;
  }

  std::string does(const std::string& command) {
    is_told(command);
    return answers();
  }

  /// Waits for its end and gives the signal that ended it; 0 when it ended by itself.
  int ended_by() {
    int outcome = 0;
    ::waitpid(pid_, &outcome, 0);
    pid_ = 0;
    return WIFSIGNALED(outcome) ? WTERMSIG(outcome) : 0;
  }

  /// Waits until it has stopped itself.
  void stops() const {
    int outcome = 0;
    ::waitpid(pid_, &outcome, WUNTRACED);
  }

  void kill() {
    ::kill(pid_, SIGKILL);
    ended_by();
  }

private:
  pid_t pid_ = 0;
  int to_ = -1;
  std::FILE* from_ = nullptr;
};

} // namespace troupe::storage::testing
