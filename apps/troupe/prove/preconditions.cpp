#include "apps/troupe/prove/preconditions.hpp"

#include "apps/troupe/operations/http_call.hpp"
#include "apps/troupe/operations/look_at.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>

namespace troupe::prove {

namespace {

using namespace std::chrono_literals;

/// Each room, on average: else it cannot be seen that it came back.
constexpr auto sent_to_within = 15s;

} // namespace

std::size_t check_nodes(const nodes& of, const settings& how) {
  const bool hurts_nodes = std::any_of(how.faults.begin(), how.faults.end(), hits_a_node);
  std::string alone;
  for (const auto& one : of.candidates())
    if (!of.is_supervised(one.name))
      alone += (alone.empty() ? "" : ", ") + one.name;
  if (hurts_nodes && !alone.empty() && !how.yes)
    throw std::runtime_error(
      "nobody starts " + alone +
      " again: prove would end all nodes but one for good. Use nodes of `troupe cluster`, or say --yes");
  const auto expected = of.serving();
  if (expected == 0)
    throw std::runtime_error("no node of " + how.data + " serves");
  if (hurts_nodes && expected < 2)
    throw std::runtime_error("one node serves, and it may not be taken away: start more (`troupe cluster --nodes 3`),"
                             " or hurt the clients only (--faults cut,twice)");
  return expected;
}

void check_load(const nodes& of, const settings& how, const std::string& run) {
  const auto every_s = static_cast<double>(how.rooms) / how.rate_per_s;
  if (every_s > std::chrono::duration<double>(sent_to_within).count())
    throw std::runtime_error(
      fmt::format("{} sends/s over {} rooms are one in {:.0f} s for each, too few to see it come back: "
                  "raise --rate to {:.0f}, or use fewer --rooms",
                  how.rate_per_s, how.rooms, every_s,
                  std::ceil(static_cast<double>(how.rooms) / std::chrono::duration<double>(sent_to_within).count())));
  const auto asked = operations::http_call(
    of.endpoints().front(), "GET", operations::room_target("prove/" + run, "messages") + "?limit=1&user=prove." + run);
  if (asked.status == 401)
    throw std::runtime_error("the nodes ask for tokens (auth.mode = \"token\"), and prove has none: run it against "
                             "nodes in open mode");
}

} // namespace troupe::prove
