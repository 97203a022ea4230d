#include "checker/history.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

namespace troupe::checker {

history read_history(std::istream& in) {
  history all;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.empty())
      continue;
    auto read = read_line(line);
    if (auto* why = std::get_if<std::string>(&read)) {
      all.unreadable.push_back({number, std::move(*why)});
    } else {
      all.events.push_back(std::move(std::get<event>(read)));
      all.lines.push_back(number);
    }
  }
  return all;
}

history read_history(const std::filesystem::path& file) {
  std::ifstream in{file};
  if (!in)
    throw std::system_error{errno, std::generic_category(), file.string()};
  return read_history(in);
}

} // namespace troupe::checker
