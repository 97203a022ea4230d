// checker/index.hpp
//
// A history looked at from the sides the rules need; inner part of the checker.
#pragma once

#include "checker/check.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace troupe::checker {

inline constexpr std::size_t none = static_cast<std::size_t>(-1);

/// One `send` and what became of it.
struct attempt {
  std::size_t send = none;
  std::size_t outcome = none; ///< ack, refused or unknown
};

/// All attempts of one (room, user, cid).
struct intent {
  std::vector<std::size_t> attempts; ///< Into `index::attempts`, in the order of invocation.
  std::vector<std::size_t> acks;     ///< Events.
};

/// The final history of one room.
struct final_log {
  std::size_t begin = none; ///< The `history` event.
  std::vector<std::size_t> rows;
  std::unordered_map<seq_t, std::size_t> by_seq; ///< Event of the row.
};

/// (room, user, cid) and the like, glued by a byte that no name contains.
std::string glued(std::initializer_list<std::string_view> parts);

struct index {
  explicit index(const history& of);

  const event& at(std::size_t i) const { return what.events[i]; }
  std::string intent_key(const event& e, const std::string& user) const { return glued({e.room, user, e.cid}); }
  const final_log* log_of(const std::string& room, const std::string& epoch) const;
  /// The row an intent has in the final history, or none.
  std::size_t row_of(const std::string& key) const;

  const history& what;
  std::vector<attempt> attempts;
  std::unordered_map<std::string, std::size_t> by_request; ///< (conn, id) → the attempt under way or ended
  std::unordered_map<std::string, intent> intents;
  std::unordered_map<std::string, final_log> finals;            ///< By room.
  std::unordered_map<std::string, std::size_t> rows;            ///< By (room, user, cid): the first row.
  std::unordered_map<std::string, seq_t> baselines;             ///< By room.
  std::vector<std::pair<std::size_t, std::string>> unaccounted; ///< Answers that answer nothing.
  tally counts;
};

/// Collects breaches of one rule after the other.
class findings {
public:
  findings(const history& of, const check_options& options) : what_{of}, options_{options} {}

  /// `i` is the event that shows it, or none.
  void breach(std::string_view rule, std::size_t i, std::string text);
  std::vector<finding> in_order() &&;

private:
  const history& what_;
  const check_options& options_;
  std::map<std::string_view, finding> found_;
};

// Each looks at the whole history for the rules of its name.
void judge_file(const index& of, findings& into);
void judge_final_history(const index& of, findings& into, tally& counts);
void judge_chain(const index& of, findings& into);
void judge_streams(const index& of, findings& into);
void judge_bytes(const index& of, findings& into);
void judge_order(const index& of, findings& into);
void judge_answers(const index& of, findings& into);
void judge_life(const index& of, findings& into, const check_options& options, tally& counts);

} // namespace troupe::checker
