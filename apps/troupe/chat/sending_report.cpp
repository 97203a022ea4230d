#include "apps/troupe/chat/sending_report.hpp"

#include "client/printable.hpp"

#include <fmt/format.h>

namespace troupe::chat {
namespace {

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

} // namespace

std::vector<std::string> complaints(const sending_report& what, bool interactive) {
  std::vector<std::string> all;
  const auto why_offline = !what.ended_because.empty()     ? client::printable(what.ended_because)
                           : !what.offline_because.empty() ? "no connection: " + client::printable(what.offline_because)
                           : what.was_online               ? std::string{"no answer in time"}
                                                           : std::string{"no connection"};
  if (what.unsent > 0)
    all.push_back(fmt::format("{} not sent ({})", counted(what.unsent, "message was", "messages were"), why_offline));
  if (what.unacknowledged > 0)
    all.push_back(fmt::format("{} not acknowledged and may be stored or not ({})",
                              counted(what.unacknowledged, "message was", "messages were"), why_offline));
  if (what.refused > 0)
    all.push_back(fmt::format("{} refused (last: {})",
                              counted(what.refused, "message or command was", "messages and commands were"),
                              client::printable(what.refused_because)));
  if (what.not_understood > 0 && !interactive)
    all.push_back(fmt::format("{} not understood; /help tells what there is",
                              counted(what.not_understood, "line was", "lines were")));
  if (!what.ended_because.empty())
    all.push_back("the server closed the connection for good: " + client::printable(what.ended_because));
  else if (!what.was_online && !interactive && all.empty())
    all.push_back(why_offline);
  return all;
}

} // namespace troupe::chat
