#include "apps/troupe/operations_flags.hpp"

#include "apps/troupe/operations/http_call.hpp"
#include "protocol/names.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace troupe {

client::endpoint operations_flags::node() const {
  if (auto where = client::parse_url(url))
    return std::move(*where);
  throw operations::trouble{"--url wants http://HOST[:PORT], not \"" + url + "\""};
}

void add_operations_flags(CLI::App& command, operations_flags& flags) {
  command.add_option("--url", flags.url, "Any node of the cluster")->type_name("URL")->capture_default_str();
  command.add_flag("--json", flags.json, "The answer as JSON");
}

chat::palette output_colours() { return {::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr}; }

std::string check_room(const std::string& room) {
  return protocol::is_room(room) ? std::string{} : "a room is 1 to 160 of A-Z a-z 0-9 _ . : / @ -";
}

void or_say_why(const char* command, const std::function<void()>& what) {
  try {
    what();
  } catch (const operations::trouble& why) {
    std::fprintf(stderr, "troupe %s: %s\n", command, why.what());
    throw CLI::RuntimeError(1);
  }
}

} // namespace troupe
