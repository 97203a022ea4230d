#include "apps/troupe/explain.hpp"

#include "actors/middleware/chains.hpp"
#include "apps/troupe/configuration.hpp"
#include "apps/troupe/operations/http_call.hpp"
#include "apps/troupe/operations_flags.hpp"
#include "apps/troupe/steps.hpp"

#include <boost/describe/enum_from_string.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/mp11/algorithm.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace troupe {

namespace {

struct explain_flags : operations_flags {
  std::string endpoint = "/ws";
  std::string verb = "send";
  std::string room;
  configuration_flags configuration;
};

/// By the configuration alone, in the form of a node's answer.
boost::json::value from_configuration(const explain_flags& flags) {
  const auto options = effective_configuration(flags.configuration).values;
  actors::verb what{};
  boost::describe::enum_from_string(flags.verb.c_str(), what);
  boost::json::array steps;
  for (const auto& place :
       actors::places_of(options, known_steps(), flags.endpoint == "/ws" ? actors::endpoint::ws : actors::endpoint::api,
                         what, flags.room))
    steps.push_back({{"step", place.step}, {"route", place.route}});
  return boost::json::object{
    {"endpoint", flags.endpoint}, {"verb", flags.verb}, {"room", flags.room}, {"steps", std::move(steps)}};
}

boost::json::value from_node(const explain_flags& flags) {
  const auto target = fmt::format("/api/v1/chains?endpoint={}&verb={}&room={}", flags.endpoint, flags.verb, flags.room);
  boost::system::error_code unreadable;
  auto chain = boost::json::parse(operations::good_answer(flags.node(), "GET", target), unreadable);
  const auto* said = unreadable ? nullptr : chain.if_object();
  const auto* steps = said ? said->if_contains("steps") : nullptr;
  if (!steps || !steps->is_array())
    throw operations::trouble{"what " + flags.url + " answers is not of a node of Troupe: name one with --url"};
  return chain;
}

std::string micros(const boost::json::object& step, const char* name) {
  return fmt::format("{:.2f}", static_cast<double>(step.at(name).to_number<std::int64_t>()) / 1'000);
}

void print(const boost::json::value& chain, bool measured) {
  const auto& steps = chain.at("steps").as_array();
  if (steps.empty())
    return void(std::puts("This request meets no step."));
  fmt::print("{:<3} {:<18} {:<28}", "", "step", "from");
  fmt::print("{}\n", measured ? fmt::format("{:>12} {:>9} {:>9} {:>8}", "requests", "p50 us", "p99 us", "failed") : "");
  int number = 0;
  for (const auto& one : steps) {
    const auto& step = one.as_object();
    const std::string route{step.at("route").as_string()};
    fmt::print("{:<3} {:<18} {:<28}", ++number, std::string{step.at("step").as_string()},
               route.empty() ? "middleware.steps" : route);
    fmt::print("{}\n", measured ? fmt::format("{:>12} {:>9} {:>9} {:>8}", step.at("requests").to_number<std::int64_t>(),
                                              micros(step, "p50_ns"), micros(step, "p99_ns"),
                                              step.at("crashes").to_number<std::int64_t>())
                                : "");
  }
}

std::string check_verb(const std::string& name) {
  actors::verb what{};
  if (boost::describe::enum_from_string(name.c_str(), what))
    return {};
  std::string all;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<actors::verb>>(
    [&](auto one) { all += (all.empty() ? "is one of " : ", ") + std::string{one.name}; });
  return all;
}

} // namespace

void add_explain(CLI::App& config) {
  auto flags = std::make_shared<explain_flags>();
  auto* command = config.add_subcommand("explain", "Which steps a request meets, and what each costs");
  command->add_option("endpoint", flags->endpoint, "Where it comes in")
    ->required()
    ->check(CLI::IsMember({"/ws", "/api"}));
  command->add_option("verb", flags->verb, "What it wants")->required()->check(check_verb);
  command->add_option("room", flags->room, "The room it is about")->check(check_room);
  auto* file = command->add_option("--config", flags->configuration.file,
                                   "Explain this configuration; without it, the running node is asked");
  file->type_name("FILE");
  add_operations_flags(*command, *flags);
  command->footer("Times are those of the thread, without what a request waited for; every 16th is measured.\n"
                  "Examples:\n"
                  "  troupe config explain /ws send support/42\n"
                  "  troupe config explain /ws hello --config troupe.toml");
  command->callback([flags] {
    or_say_why("config explain", [&] {
      const bool measured = flags->configuration.file.empty();
      const auto chain = measured ? from_node(*flags) : from_configuration(*flags);
      if (flags->json)
        std::puts(boost::json::serialize(chain).c_str());
      else
        print(chain, measured);
    });
  });
}

} // namespace troupe
