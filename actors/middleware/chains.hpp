// actors/middleware/chains.hpp
#pragma once

#include "actors/middleware/passage.hpp"
#include "actors/middleware/step.hpp"
#include "actors/middleware/step_cost.hpp"
#include "actors/survey.hpp"
#include "config/options.hpp"

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::actors {

struct services;
class step_supervisor;

/// A place where a step stands: in every chain, or in those of one route.
struct step_place {
  std::string route; ///< Empty: in every chain.
  std::string step;
  auto operator<=>(const step_place&) const = default;
};

/// How a step does on one I/O thread.
struct step_health {
  step_place at;
  step_cost cost;
  std::uint64_t crashes = 0;
};

/// An operator asks how the steps do: one part for each I/O thread.
using chains_survey = survey<std::vector<std::vector<step_health>>>;
struct survey_chains {
  std::shared_ptr<chains_survey> into;
};

std::string_view path_of(endpoint from);
std::string_view name_of(verb what);
/// As reports name it: `/ws send support/:ticket`.
std::string name_of(const config::route_options& route);

/// Which places a request meets, outermost first.
std::vector<step_place> places_of(const config::options& options, const step_registry& steps, endpoint from, verb what,
                                  std::string_view room);

/// The chains of one I/O thread: which steps a request meets.
///
/// A request meets the steps of `middleware.steps`, then those of the most specific [[routes]] that takes its
/// endpoint, verb and room; of both only those that declare its verb.
///
/// Threading: one I/O thread.
/// Reload:    `set` changes the chains for what comes after; what is under way goes on in its own. A step that stands
///            where it stood before stays, with what it remembers.
class chains {
public:
  chains(services& around, std::size_t io_thread);
  ~chains();

  /// Whoever names an unknown step was told so by the linter before: here it is left out.
  void set(std::shared_ptr<const config::options> options);

  const shared_chain& find(endpoint from, verb what, std::string_view room);

  /// What a request meets, by the configuration that holds now.
  std::vector<step_place> places(endpoint from, verb what, std::string_view room) const;

  /// What the steps of this thread have cost.
  std::vector<step_health> report() const;

private:
  struct supervised;
  class table;

  services& around_;
  std::size_t io_thread_;
  std::shared_ptr<const config::options> options_;
  std::map<step_place, std::shared_ptr<supervised>> steps_;
  std::unique_ptr<table> table_;
};

} // namespace troupe::actors
