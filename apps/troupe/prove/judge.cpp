#include "apps/troupe/prove/judge.hpp"

#include "apps/troupe/prove/final_history.hpp"
#include "apps/troupe/prove/stored_terms.hpp"

#include <stdexcept>

namespace troupe::prove {

void judge(outcome& what, const std::string& directory, const std::vector<std::unique_ptr<crowd>>& crowds,
           const std::function<std::vector<client::endpoint>()>& nodes) {
  for (const auto& one : crowds) {
    one->end();
    try {
      record_stored_terms(one->recording(), directory, one->rooms());
    } catch (const std::runtime_error& why) {
      what.troubles.push_back(std::string{"the terms of the stored rows: "} + why.what());
    }
    for (const auto& room : one->rooms())
      try {
        record_final_history(one->recording(), room, "prove." + what.run, nodes);
      } catch (const std::runtime_error& why) {
        what.troubles.emplace_back(why.what());
      }
    const auto file = one->close_recording();
    merge(what.verdict, checker::check(checker::read_history(file)));
    what.recordings.push_back(file.string());
  }
}

} // namespace troupe::prove
