// actors/middleware/step.hpp - start here to write a step of your own (examples/custom_step.cpp).
#pragma once

#include "actors/middleware/passage.hpp"
#include "config/options.hpp"

#include <any>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::actors {

struct services;

/// A step of a chain: it lets a request pass, ends it, or lets it wait; and hears how it ended.
///
/// Threading: one instance per place in a chain and I/O thread; called on that thread only.
/// Errors:    an exception ends the instance, not the connection: the request is refused with `internal`, and the
///            supervisor makes the step anew, within a budget; beyond it the step refuses everything for a while.
/// Blocking:  never. What takes long is done elsewhere, with `wait`.
class step {
public:
  virtual ~step() = default;

  /// Before it says `wait`, it takes `what.resume_later()` along.
  virtual verdict admit(passage& what) = 0;

  /// Called exactly once for each request that `admit` let pass, innermost step first.
  virtual void settle(const passage&, const outcome&) {}

  /// Only of a step that recovers: a step inside it has failed at this request, and this is what the caller would be
  /// told. It may change that; the message must not say less about what to do next.
  virtual void mend(const passage&, std::string_view, protocol::server::error&) {}
};

/// What a step knows of a request, or needs to know.
enum class fact : std::uint8_t { identity, role };
BOOST_DESCRIBE_ENUM(fact, identity, role)

/// Who shares the state of a step: what is per connection cannot be cheated by another connection, what is per node
/// counts all of them.
enum class scope : std::uint8_t { none, connection, io_thread, node, cluster };
BOOST_DESCRIBE_ENUM(scope, none, connection, io_thread, node, cluster)

enum class cost : std::uint8_t { cheap, moderate, expensive };
BOOST_DESCRIBE_ENUM(cost, cheap, moderate, expensive)

/// What a step declares about itself; the linter of chains and the chains go by it.
struct step_traits {
  std::string name;
  std::string purpose; ///< One line.
  std::vector<fact> needs;
  std::vector<fact> provides;
  std::vector<verb> verbs; ///< Other requests do not meet it; empty = all.
  scope state = scope::none;
  cost price = cost::cheap;
  bool settles = false;     ///< Wants to hear how requests end.
  bool blocks = false;      ///< May keep its thread waiting: not allowed on an I/O thread.
  bool fails = true;        ///< May throw.
  bool recovers = false;    ///< Calms what the steps inside it break.
  bool answers = false;     ///< May answer from what it keeps, without the room.
  bool limits_user = false; ///< Counts what a user does.

  bool applies_to(verb what) const;
};

/// What a step is made with.
struct step_surroundings {
  const config::options& options;
  std::size_t io_thread = 0;
  std::any& memory; ///< Of this place; survives the step's crash and a reload that leaves it in place.
  services& node;   ///< For the steps that are built in.

  /// What this place remembers; made anew when there is nothing yet.
  template <class T, class... Args>
  std::shared_ptr<T> remember(Args&&... args) const {
    if (!memory.has_value())
      memory = std::make_shared<T>(std::forward<Args>(args)...);
    return std::any_cast<std::shared_ptr<T>>(memory);
  }
};

/// A kind of step that configurations may name.
struct step_kind {
  step_traits traits;
  std::function<std::unique_ptr<step>(const step_surroundings&)> make;
  /// What the step cannot live with in these options, asked before they hold. Optional.
  std::function<std::optional<std::string>(const config::options&)> objection{};
};

/// The kinds of steps there are.
///
/// Threading: filled before the first chain is made, immutable after.
class step_registry {
public:
  /// A kind of that name replaces the one before.
  void add(step_kind what);
  const step_kind* find(std::string_view name) const;
  const std::vector<step_kind>& all() const noexcept { return kinds_; }

private:
  std::vector<step_kind> kinds_;
};

} // namespace troupe::actors
