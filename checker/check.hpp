// checker/check.hpp
//
// The offline judge: was every promise of docs/protocol.md ("What a client may rely on")
// kept in this history? Pure: the same history gives the same verdict.
#pragma once

#include "checker/history.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::checker {

/// The rules, by the names verdicts use.
namespace rules {
inline constexpr std::string_view file_is_whole = "file is whole";
inline constexpr std::string_view acked_is_stored = "every ack is in the final history at its seq";
inline constexpr std::string_view stored_once = "no (room, user, cid) twice";
inline constexpr std::string_view seq_contiguous = "seq is contiguous";
inline constexpr std::string_view stream_in_order = "every receiver's stream is increasing without a hole";
inline constexpr std::string_view stream_complete = "every receiver is complete after resume";
inline constexpr std::string_view same_bytes = "same seq, same bytes for everybody";
inline constexpr std::string_view chain_verified = "the chain is verified";
inline constexpr std::string_view order_per_connection = "order per connection is kept";
inline constexpr std::string_view order_in_real_time = "order in real time is kept";
inline constexpr std::string_view only_what_was_sent = "nothing is there that was never sent";
inline constexpr std::string_view refused_is_not_stored = "what was surely refused is not stored";
inline constexpr std::string_view time_never_goes_back = "time never goes back";
inline constexpr std::string_view term_never_goes_back = "the term never goes back";
inline constexpr std::string_view every_send_is_answered = "acks + errors + unknown = sends";
inline constexpr std::string_view alive_again = "alive again after the last fault";

inline constexpr std::array all = {
  file_is_whole,        acked_is_stored,      stored_once,
  seq_contiguous,       stream_in_order,      stream_complete,
  same_bytes,           chain_verified,       order_per_connection,
  order_in_real_time,   only_what_was_sent,   refused_is_not_stored,
  time_never_goes_back, term_never_goes_back, every_send_is_answered,
  alive_again,
};
} // namespace rules

/// How strictly to judge.
struct check_options {
  std::size_t examples_max = 3; ///< Per rule; the count is always whole.
  /// When set, after each fault an ack of a send invoked after it has to come within this time.
  std::optional<std::int64_t> alive_within_us;
};

/// One breach of a rule.
struct example {
  std::size_t line = 0; ///< In the recorder's file; 0 when no single line shows it.
  std::string text;
};

/// What was found against one rule.
struct finding {
  std::string_view rule;
  std::size_t count = 0;
  std::vector<example> examples; ///< The first ones.
};

/// What the history holds, in numbers.
struct tally {
  std::size_t events = 0;
  std::size_t rooms = 0;
  std::size_t connections = 0;
  std::size_t sends = 0; ///< Attempts; a retry counts again.
  std::size_t acks = 0;
  std::size_t duplicates = 0; ///< Acks with `dup`.
  std::size_t refusals = 0;
  std::map<std::string, std::size_t> refusals_by_code;
  std::size_t unknown = 0;
  std::size_t deliveries = 0;
  std::size_t gaps = 0;
  std::size_t stored = 0;
  std::size_t beyond_log = 0; ///< Acks of messages that the log had dropped in the end: judged by the streams only.
  std::size_t faults = 0;
  std::int64_t longest_pause_us = 0; ///< From a fault to the first ack of a send invoked after it.
};

struct verdict {
  std::vector<finding> findings; ///< In the order of `rules::all`; rules without a breach are left out.
  tally counts;

  bool passed() const { return findings.empty(); }
  const finding* against(std::string_view rule) const;
};

verdict check(const history& what, const check_options& options = {});

/// For people: one line of numbers, then each finding with its examples.
std::string to_text(const verdict& what);

/// For programs: `{"passed":…,"counts":{…},"findings":[…]}`.
std::string to_json(const verdict& what);

} // namespace troupe::checker
