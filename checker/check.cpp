#include "checker/check.hpp"

#include "checker/index.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace troupe::checker {

const finding* verdict::against(std::string_view rule) const {
  const auto found = std::find_if(findings.begin(), findings.end(), [&](const finding& f) { return f.rule == rule; });
  return found == findings.end() ? nullptr : &*found;
}

verdict check(const history& what, const check_options& options) {
  const index of{what};
  findings into{what, options};
  verdict result;
  result.counts = of.counts;
  judge_file(of, into);
  judge_final_history(of, into, result.counts);
  judge_chain(of, into);
  judge_streams(of, into);
  judge_bytes(of, into);
  judge_order(of, into);
  judge_answers(of, into);
  judge_life(of, into, options, result.counts);
  result.findings = std::move(into).in_order();
  return result;
}

std::string to_text(const verdict& what) {
  std::string out;
  const auto& n = what.counts;
  fmt::format_to(
    std::back_inserter(out),
    "{} sends = {} acks ({} duplicates) + {} refusals + {} unknown; {} deliveries and {} gaps on {} connections; "
    "{} rows in {} rooms; {} faults",
    n.sends, n.acks, n.duplicates, n.refusals, n.unknown, n.deliveries, n.gaps, n.connections, n.stored, n.rooms,
    n.faults);
  for (const auto& [code, refusals] : n.refusals_by_code)
    fmt::format_to(std::back_inserter(out), "; {} refused as {}", refusals, code);
  if (n.beyond_log)
    fmt::format_to(std::back_inserter(out), "; {} acks are older than the log and were compared with the streams only",
                   n.beyond_log);
  if (n.faults)
    fmt::format_to(std::back_inserter(out), ", longest pause {} ms", n.longest_pause_us / 1000);
  out += '\n';
  for (const auto& found : what.findings) {
    fmt::format_to(std::back_inserter(out), "BROKEN  {}: {} times\n", found.rule, found.count);
    for (const auto& shown : found.examples)
      fmt::format_to(std::back_inserter(out), "        line {}: {}\n", shown.line, shown.text);
  }
  fmt::format_to(std::back_inserter(out), "{}\n",
                 what.passed() ? fmt::format("passed  {} rules", rules::all.size())
                               : fmt::format("failed  {} of {} rules", what.findings.size(), rules::all.size()));
  return out;
}

std::string to_json(const verdict& what) {
  namespace json = boost::json;
  const auto& n = what.counts;
  json::object by_code;
  for (const auto& [code, refusals] : n.refusals_by_code)
    by_code[code] = refusals;
  json::array found;
  for (const auto& one : what.findings) {
    json::array examples;
    for (const auto& shown : one.examples)
      examples.push_back(json::object{{"line", shown.line}, {"text", shown.text}});
    found.push_back(json::object{
      {"rule", json::string_view{one.rule.data(), one.rule.size()}}, {"count", one.count}, {"examples", examples}});
  }
  return json::serialize(json::object{{"passed", what.passed()},
                                      {"counts", json::object{{"events", n.events},
                                                              {"rooms", n.rooms},
                                                              {"connections", n.connections},
                                                              {"sends", n.sends},
                                                              {"acks", n.acks},
                                                              {"duplicates", n.duplicates},
                                                              {"refusals", n.refusals},
                                                              {"refusals_by_code", by_code},
                                                              {"unknown", n.unknown},
                                                              {"deliveries", n.deliveries},
                                                              {"gaps", n.gaps},
                                                              {"stored", n.stored},
                                                              {"beyond_log", n.beyond_log},
                                                              {"faults", n.faults},
                                                              {"longest_pause_us", n.longest_pause_us}}},
                                      {"findings", found}});
}

} // namespace troupe::checker
