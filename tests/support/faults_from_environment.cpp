// Bugs and kills as the environment names them:
//   TROUPE_PLANT=sync_off,no_fence       plants these bugs
//   TROUPE_CRASH_AT=after_commit:17      kills the process when it gets there the 17th time
//   TROUPE_STOP_AT=after_insert:17       stops it there, as SIGSTOP does, until it gets SIGCONT
// An unknown word ends the process: a test that plants nothing proves nothing.
#include "storage/faults.hpp"

#include <boost/describe/enum.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>

namespace troupe::storage {

BOOST_DESCRIBE_ENUM(plant, sync_off, ack_before_commit, no_unique_index, no_fence, overwrite, no_kill, order_swap,
                    room_throws, relay_throws, stale_presence, skip_refill)
BOOST_DESCRIBE_ENUM(crash_point, before_begin, after_insert, after_commit, after_ack, after_fan_out)

namespace {

template <class Enum>
Enum named(std::string_view word, const char* variable) {
  std::optional<Enum> found;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>([&](auto d) {
    if (word == d.name)
      found = d.value;
  });
  if (!found) {
    std::fprintf(stderr, "%s: unknown word \"%.*s\"\n", variable, static_cast<int>(word.size()), word.data());
    std::_Exit(64);
  }
  return *found;
}

unsigned planted_bits() {
  unsigned bits = 0;
  const char* text = std::getenv("TROUPE_PLANT");
  std::string_view rest = text ? text : "";
  while (!rest.empty()) {
    const auto end = std::min(rest.find(','), rest.size());
    bits |= 1u << static_cast<unsigned>(named<plant>(rest.substr(0, end), "TROUPE_PLANT"));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return bits;
}

struct plan {
  std::optional<crash_point> where;
  long after = 0; ///< It happens at this visit.
};

plan read_plan(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr || *text == '\0')
    return {};
  const std::string_view all{text};
  const auto colon = all.find(':');
  plan read;
  read.where = named<crash_point>(all.substr(0, colon), variable);
  read.after = colon == all.npos ? 1 : std::strtol(text + colon + 1, nullptr, 10);
  if (read.after < 1) {
    std::fprintf(stderr, "%s: the count in \"%s\" must be 1 or more\n", variable, text);
    std::_Exit(64);
  }
  return read;
}

} // namespace

bool planted(plant what) noexcept {
  static const unsigned bits = planted_bits();
  return (bits >> static_cast<unsigned>(what) & 1u) != 0;
}

void reached(crash_point where) noexcept {
  static const plan crash = read_plan("TROUPE_CRASH_AT");
  static const plan stop = read_plan("TROUPE_STOP_AT");
  static std::atomic<long> until_crash{0};
  static std::atomic<long> until_stop{0};
  if (crash.where == where && until_crash.fetch_add(1) + 1 == crash.after) {
    ::usleep(20'000); // the other threads go on for a moment: what was answered gets out
    ::kill(::getpid(), SIGKILL);
    ::pause(); // the signal may take a moment; nothing more is to be done here
  }
  if (stop.where == where && until_stop.fetch_add(1) + 1 == stop.after)
    ::raise(SIGSTOP); // To this thread, which must not go on.
}

} // namespace troupe::storage
