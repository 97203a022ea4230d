// storage/folding.hpp
//
// Pages as readers see them: edits, deletes and reactions folded into what they
// change. One algorithm for every backend.
#pragma once

#include "storage/message_log.hpp"

#include <functional>
#include <optional>

namespace troupe::storage {

/// A room's log as a page reads it; every call sees the same state.
class page_source {
public:
  using each_record = std::function<bool(const record&)>;

  virtual ~page_source() = default;
  virtual seq_t head() = 0; ///< 0 while nothing was sent.
  virtual seq_t min() = 0;  ///< The oldest seq still held.

  /// The chain at `seq`, from `min() - 1` (the anchor) to the head.
  virtual digest_bytes chain_at(seq_t seq) = 0;

  /// Gives the records `from … to`, all of them held, from the newest when `descending`,
  /// until `each` returns false.
  virtual void read(seq_t from, seq_t to, bool descending, const each_record& each) = 0;

  /// Gives the edits and reactions of `target` with a seq up to `up_to`, ascending,
  /// without those that were redacted.
  virtual void changes(seq_t target, seq_t up_to, const each_record& each) = 0;
};

/// Most bytes of reactions (as JSON) that one folded entry shows; what came later is
/// left out of the fold, not out of the log.
inline constexpr std::size_t reactions_bytes_max = 32 * 1024;

/// The page that `query` asks for.
///
/// A folded message shows its latest edit; its own salt only while it was not edited. A
/// deleted one shows neither body nor reactions. An edit that was superseded has no body.
/// Everything is as of `up_to` when that is given, except that an erased body stays erased.
page_result make_page(page_source& log, const page_query& query);

/// The event as it was, without what a redaction erased.
protocol::entry raw_entry(const record& event);

/// Bytes of `text` inside a JSON string.
std::size_t json_bytes(std::string_view text) noexcept;

} // namespace troupe::storage
