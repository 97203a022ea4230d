// actors/middleware/passage.hpp
//
// A request on its way through the chain of its route: what is asked, who asks, how far it has
// come. Knows no actor: steps, connections and tests meet here.
#pragma once

#include "actors/room_messages.hpp"
#include "actors/token_bucket.hpp"
#include "actors/user_messages.hpp"
#include "identity/claims.hpp"
#include "protocol/codec.hpp"

#include <boost/describe/enum.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::actors {

/// Where a request came in.
enum class endpoint : std::uint8_t {
  ws, ///< `/ws`: a WebSocket, or a program of one's own beside the node.
  api ///< `/api`: an HTTP request.
};
BOOST_DESCRIBE_ENUM(endpoint, ws, api)

/// What a request wants. `ping` passes no chain.
enum class verb : std::uint8_t { hello, refresh, rooms, join, leave, send, fetch, presence, typing, mark, moderate };
BOOST_DESCRIBE_ENUM(verb, hello, refresh, rooms, join, leave, send, fetch, presence, typing, mark, moderate)
inline constexpr std::size_t verb_count = 11;

/// Nothing for `ping`.
std::optional<verb> verb_of(const protocol::request& what);
/// The room a request is about, empty when it is about none.
std::string_view room_of(const protocol::request& what);
/// Nothing for `typing` and `mark`, which are never answered unless wrong.
std::optional<request_id> id_of(const protocol::request& what);

/// Who somebody is.
struct known_user {
  std::string user;
  std::shared_ptr<const identity::claims> claims; ///< Null when no token was asked for.

  /// The role that the token brings into a room; the room decides what that is worth.
  std::optional<protocol::role> granted_in(std::string_view room) const {
    return claims ? identity::role_in(*claims, room) : std::nullopt;
  }
};

/// Whoever makes requests: a connection, or one HTTP request. What is limited per connection stands here, so that
/// it survives every step.
struct requester {
  connection_id id = 0;
  std::uint64_t address_hash = 0; ///< Of the IP address, for limits.
  known_user who;                 ///< Nobody until `authenticate` has passed.
  token_bucket requests;
  token_bucket sends;
};

/// How a request ended.
struct outcome {
  enum class kind : std::uint8_t {
    ok,      ///< Answered.
    refused, ///< Answered with an error; `why` says which.
    unknown, ///< No answer came in time.
    gone     ///< The connection ended first.
  };
  BOOST_DESCRIBE_NESTED_ENUM(kind, ok, refused, unknown, gone)
  kind how = kind::ok;
  std::optional<protocol::code> why;
  std::int64_t took_us = 0;
  const protocol::server::page* page = nullptr; ///< The answer to a fetch; good while `settle` runs.
  std::string_view failed_step;                 ///< It failed at this request; empty when none did.
  bool failure_kept = false;                    ///< By a step that recovers, inside the one that is told.
};

// -- verdicts ------------------------------------------------------------------------------------

/// The request goes on to the next step.
struct pass {};

/// The request ends here with an error.
struct refuse {
  protocol::server::error why;
};

/// The request ends here with its answer.
struct answer {
  to_connection::news with;
};

/// The request waits for what `passage::resume_later` gave, at most until then.
struct wait {
  time_ms until = 0;
  bool then_pass = false; ///< After that it goes on; else it is refused with `timeout`.
};

using verdict = std::variant<pass, refuse, answer, wait>;

class passage;

/// Says what becomes of a request that waited. It runs on the request's own thread; the step that let it wait may be
/// another by then. Not `wait` again.
using decision = std::function<verdict(passage&)>;

/// What a step that lets a request wait keeps: call it once, from any thread.
using later = std::function<void(decision)>;

/// Where a request comes out of its chain. All calls come on the I/O thread of the caller.
class passage_end {
public:
  virtual ~passage_end() = default;
  virtual void passed(passage& what) = 0;
  virtual void refused(passage& what, protocol::server::error why) = 0;
  virtual void answered(passage& what, to_connection::news with) = 0;
  /// To carry it out has thrown: nobody can say how far that came.
  virtual void broke(passage& what) = 0;
  /// Right now a page that the room gave somebody else a moment ago is as good as one of its own: the room has let the
  /// caller in, and nobody waits for the page to close a gap.
  virtual bool takes_copy(const passage&) const { return false; }
};

/// One place of a chain: a step and whoever supervises it.
class chain_post {
public:
  virtual ~chain_post() = default;
  /// Ends in one of `passage::pass`, `refuse`, `answer`, at once or later.
  virtual void take(boost::intrusive_ptr<passage> what) = 0;
  /// It was admitted here and has ended. A post that fails at this says so in `how`, for those outside it.
  virtual void settle(passage& what, outcome& how) = 0;
  /// The step `failed`, inside this one, has failed at it. True when what the caller is told is settled.
  virtual bool mend(passage& what, std::string_view failed, protocol::server::error& why) = 0;
  /// It waits here and has ended: there is nobody to go on with.
  virtual void forget(passage& what) = 0;
  /// For a step that lets it wait.
  virtual later resume_later(const passage& what) = 0;
};

/// The steps of a route, outermost first.
struct chain {
  std::vector<chain_post*> posts;
  std::shared_ptr<const void> keep; ///< Holds the posts.
  bool settles = false;             ///< Some step wants to know how requests end.
};
using shared_chain = std::shared_ptr<const chain>;

/// A request on its way.
///
/// Threading: one I/O thread.
/// Lifetime:  shared by its connection and by the post where it is.
/// Ordering:  `settle` reaches each step that admitted it exactly once, the innermost first.
class passage final : public boost::intrusive_ref_counter<passage, boost::thread_unsafe_counter> {
public:
  enum class state : std::uint8_t { under_way, passed, ended };

  passage(endpoint from, protocol::request what, requester& by, passage_end& end, shared_chain through, time_ms now);

  // -- what is asked --
  const endpoint from;
  const verb what;
  protocol::request request; ///< A step may look at it; `validate` may mend it.
  std::string_view room() const { return room_of(request); }
  const std::string& body() const; ///< Of a send, until that has passed; empty for others.
  const std::size_t body_bytes;    ///< As it came in; also afterwards.
  const time_ms began;             ///< When it came in.
  const std::int64_t began_us;     ///< The same, for durations.

  // -- who asks --
  requester& by;

  // -- what steps have found out --
  std::optional<known_user> found;       ///< By `authenticate`, from what the request says itself.
  std::optional<protocol::role> granted; ///< The role in this room that the identity brings.
  std::string bearer;                    ///< Of an HTTP request: its token …
  std::string named;                     ///< … or the user that it names.
  const known_user& who() const noexcept { return found ? *found : by.who; }

  // -- the way --
  state where() const noexcept { return state_; }
  /// Takes it from its first step to the end of its chain, or to where it waits.
  void start() { go_on(); }
  /// The caller is gone or does not want it any more.
  void abandon(const outcome& how);
  /// The answer has come, or it is known that it will not.
  void settle(outcome how);
  /// A page that was made for somebody else a moment ago would do for this fetch.
  bool takes_copy() const { return end_.takes_copy(*this); }
  /// Some step of its chain wants to know how it ends, and has not heard yet.
  bool awaits_outcome() const noexcept { return through_->settles && !settled_; }

  /// For the step where it is.
  later resume_later() { return post()->resume_later(*this); }

  // -- for the post where it is --
  void pass_on();
  void refuse_with(protocol::server::error why);
  /// The step did not decide: the innermost step outside it that recovers may mend the error.
  void fail_with(std::string_view step, protocol::server::error why);
  /// What came after the post has thrown.
  void break_off() {
    if (state_ != state::ended)
      end_.broke(*this);
  }
  void answer_with(to_connection::news with);
  chain_post* post() const noexcept {
    return state_ == state::under_way && at_ < through_->posts.size() ? through_->posts[at_] : nullptr;
  }
  std::uint64_t ticket = 0; ///< Given by the post where it waits.

private:
  void go_on();
  void end(outcome how);

  passage_end& end_;
  shared_chain through_;
  std::size_t at_ = 0; ///< Steps that have admitted it.
  state state_ = state::under_way;
  bool settled_ = false;
};

using passage_ptr = boost::intrusive_ptr<passage>;

} // namespace troupe::actors
