#include "actors/api_desk.hpp"

#include "actors/api_forms.hpp"
#include "actors/api_routes.hpp"
#include "actors/moderation.hpp"
#include "actors/sequencer.hpp"
#include "protocol/codec.hpp"
#include "protocol/described.hpp"
#include "protocol/json_reader.hpp"
#include "protocol/limits.hpp"
#include "protocol/names.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

namespace troupe::actors {

using protocol::code;
using protocol::retry;

namespace {

/// A number in the query; `bad` when it is there but is none.
std::optional<seq_t> number(std::string_view query, std::string_view name, bool& bad) {
  const auto text = query_parameter(query, name);
  if (!text)
    return std::nullopt;
  seq_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  bad = bad || error != std::errc{} || end != text->data() + text->size();
  return value;
}

/// As strict as for a frame: who reads the first of two fields of one name must not be told otherwise than who reads the
/// last. What is wrong goes to `problem`.
std::optional<boost::json::object> object_in(const std::string& body, std::string& problem) {
  protocol::json::reader strict{{}, {body.size(), protocol::limits::list_elements_max}};
  if (auto wrong = strict.read(body)) {
    problem = std::move(*wrong);
    return std::nullopt;
  }
  boost::json::error_code failed;
  auto value = boost::json::parse(body, failed);
  return failed || !value.is_object() ? std::nullopt : std::optional{std::move(value.get_object())};
}

/// What follows `Bearer` (RFC 6750, 2.1).
std::string bearer_of(const std::string& authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() <= scheme.size())
    return {};
  for (std::size_t i = 0; i < scheme.size(); ++i)
    if ((authorization[i] | (scheme[i] == ' ' ? 0 : 0x20)) != scheme[i])
      return {};
  return authorization.substr(scheme.size());
}

/// A request checked by the same rules as a frame: written as one and read again.
template <class Request>
std::variant<Request, protocol::server::error> checked(const Request& request) {
  std::string frame;
  protocol::encode_json(frame, request);
  auto decoded = protocol::decode_json(frame);
  if (auto* why = std::get_if<protocol::decode_failure>(&decoded))
    return refusal(why->code, why->message, retry::never);
  return std::get<Request>(std::get<protocol::request>(std::move(decoded)));
}

} // namespace

/// One HTTP request that waits for its answer.
class api_desk::exchange final : public addressee, private passage_end {
public:
  exchange(api_desk& desk, connection_id id, const std::string& address, time_ms now,
           std::function<void(api_response)> then)
    : desk_(desk), since_(now),
      then_(std::move(then)), requester_{id, std::hash<std::string>{}(address), {}, {0, 0, now}, {0, 0, now}},
      appoints_(!desk.around_.tokens_of_users && desk.operations_.is_trusted(address)) {}

  ~exchange() override {
    if (passage_)
      passage_->abandon({outcome::kind::unknown, std::nullopt});
  }

  connection_id id() const noexcept { return requester_.id; }
  time_ms since() const noexcept { return since_; }
  std::function<void(api_response)> take_then() { return std::move(then_); }

  /// Nobody waits any more: what the room was asked is not asked again.
  void give_up() {
    if (!room_.empty())
      tell(room_, to_relay::gone{id(), user()});
  }

  /// It may be over before this returns.
  void start(asked what, const shared_chain& through) {
    passage_.reset(new passage{endpoint::api, std::move(what.request), requester_, *this, through, since_});
    passage_->named = std::move(what.named);
    passage_->bearer = std::move(what.bearer);
    passage_ptr { passage_ } -> start();
  }

  void hear(to_connection::news what) override {
    if (const auto* page = std::get_if<protocol::server::page>(&what)) {
      settle({outcome::kind::ok, std::nullopt, 0, page});
      return answer(200, *page);
    }
    if (const auto* ack = std::get_if<protocol::server::ack>(&what))
      return answer(201, *ack);
    if (const auto* error = std::get_if<protocol::server::error>(&what))
      return fail(*error);
    if (auto* whole = std::get_if<api_response>(&what))
      return desk_.finish(id(), std::move(*whole));
  }

  /// The ack comes as an encoded frame: its payload is the body.
  void acked(request_id, subscription*, const room_frame& what) override {
    settle({outcome::kind::ok, std::nullopt});
    api_response response;
    response.status = 201;
    response.body = std::string{what.frame->payload()};
    desk_.finish(id(), std::move(response));
  }

  void deliver(subscription&, const room_frame&) override {}
  void restart(const std::string&, subscription&) override {}
  const std::string& user() const override { return requester_.who.user; }

private:
  template <class Message>
  void answer(unsigned status, const Message& what) {
    settle({outcome::kind::ok, std::nullopt});
    api_response response;
    response.status = status;
    protocol::encode_json(response.body, what);
    desk_.finish(id(), std::move(response));
  }

  void fail(const protocol::server::error& why) {
    settle(why.code == code::timeout ? outcome{outcome::kind::unknown, std::nullopt}
                                     : outcome{outcome::kind::refused, why.code});
    desk_.finish(id(), failure(why));
  }

  void settle(const outcome& how) {
    if (passage_)
      passage_->settle(how);
  }

  // -- passage_end --
  void passed(passage& what) override {
    if (what.found) {
      requester_.who = std::move(*what.found);
      what.found.reset();
    }
    if (user().empty())
      return fail(refusal(code::unauthorized, "nobody here says who you are: the chain of /api has no authenticate",
                          retry::never));
    granted_ = requester_.who.granted_in(what.room());
    std::visit([&](auto& request) { carry_out(request); }, what.request);
  }
  void refused(passage&, protocol::server::error why) override { desk_.finish(id(), failure(why)); }
  void answered(passage&, to_connection::news with) override { hear(std::move(with)); }
  void broke(passage&) override { fail(refusal(code::internal, "this went wrong here: try again", retry::same)); }

  void carry_out(protocol::client::send& what) {
    to_relay::send passed;
    passed.connection = id();
    passed.re = what.id;
    passed.user = user();
    passed.cid = std::move(what.cid);
    passed.kind = what.kind.value_or("text");
    passed.body = std::move(what.body);
    passed.reply_to = what.reply_to.value_or(0);
    passed.target = what.target.value_or(0);
    passed.granted = granted_;
    desk_.around_.draw(passed.salt.data(), passed.salt.size());
    ask(what.room, std::move(passed));
  }
  /// Without tokens, whoever may ask for operations is an owner wherever a room's log does not say otherwise. With
  /// them, a token says who is.
  void carry_out(protocol::client::moderate& what) {
    to_relay::send passed;
    passed.connection = id();
    passed.re = what.id;
    passed.user = user();
    passed.kind = system_kind;
    passed.body = body_of(order_of(what), user());
    passed.cid = std::move(what.cid);
    passed.granted = appoints_ ? protocol::role::owner : granted_;
    desk_.around_.draw(passed.salt.data(), passed.salt.size());
    ask(what.room, std::move(passed));
  }
  void carry_out(protocol::client::fetch& what) {
    ask(what.room, to_relay::ask{to_room::fetch{"", id(), user(), what.id, what.after, what.before, what.limit,
                                                what.raw.value_or(false), granted_}});
  }
  template <class Request>
  void carry_out(Request&) {
    fail(refusal(code::bad_request, "this cannot be asked by HTTP", retry::never));
  }

  void ask(const std::string& room, to_relay::command what) {
    room_ = room;
    tell(room, std::move(what));
  }
  void tell(const std::string& room, to_relay::command what) {
    caf::anon_send(desk_.around_.guardians[desk_.around_.unit_of(room)], to_relay_of{room, std::move(what)});
  }

  api_desk& desk_;
  time_ms since_;
  std::function<void(api_response)> then_;
  requester requester_;
  bool appoints_; ///< Nobody needs a token here, and it comes from an address in `listen.trusted`.
  std::optional<protocol::role> granted_;
  std::string room_; ///< That was asked.
  passage_ptr passage_;
};

/// Ends what waits too long, on one I/O thread: it hears a message from time to time while anything waits.
class api_desk::timekeeper final : public addressee {
public:
  timekeeper(api_desk& desk, std::size_t io_thread) : desk_(desk), io_thread_(io_thread) {}

  void arm() {
    if (std::exchange(armed_, true))
      return;
    auto& around = desk_.around_;
    if (id_ == 0) {
      id_ = desk_.numbers_.next_id(io_thread_);
      around.tables[io_thread_]->enter(id_, *this);
    }
    caf::delayed_anon_send(around.fanouts[io_thread_], std::chrono::milliseconds(answer_within_ms / 10),
                           for_connection{id_, api_response{}});
  }

  void hear(to_connection::news) override {
    armed_ = false;
    desk_.sweep(io_thread_);
    if (!desk_.waiting_[io_thread_].empty())
      arm();
  }
  void acked(request_id, subscription*, const room_frame&) override {}
  void deliver(subscription&, const room_frame&) override {}
  void restart(const std::string&, subscription&) override {}
  const std::string& user() const override { return nobody_; }

private:
  api_desk& desk_;
  std::size_t io_thread_;
  connection_id id_ = 0;
  bool armed_ = false;
  std::string nobody_;
};

api_desk::api_desk(services& around, door& numbers)
  : around_(around), numbers_(numbers), operations_(around), waiting_(around.units.size()) {
  for (std::size_t thread = 0; thread < waiting_.size(); ++thread)
    timekeepers_.push_back(std::make_unique<timekeeper>(*this, thread));
}

api_desk::~api_desk() = default;

void api_desk::call(std::size_t io_thread, api_request request, std::function<void(api_response)> then) {
  const auto route = api_routes().find(request.path);
  if (!route)
    return then(failure(code::not_found, "there is no such path: see /openapi.json"));
  if (route->value().for_operators && !operations_.is_trusted(request.address))
    return then(
      failure(code::forbidden, "operations are for the addresses in listen.trusted: ask from one of these, or "
                               "add " +
                                 request.address + " to them"));
  const auto call = route->value().call_for(request.method);
  if (!call)
    return then(wrong_method("use " + route->value().methods_as_text()));
  const std::string of{route->size() > 0 ? (*route)[0] : std::string_view{}};
  if (*call == api_call::post_message)
    return post_message(io_thread, of, request, std::move(then));
  if (*call == api_call::moderate)
    return moderate(io_thread, of, request, std::move(then));
  if (*call == api_call::get_messages)
    return get_messages(io_thread, of, request, std::move(then));
  const auto* exchange = open(io_thread, request.address, std::move(then));
  if (!exchange)
    return;
  const auto id = exchange->id();
  if (auto known = operations_.answer(id, *call, of, request))
    finish(id, std::move(*known));
}

void api_desk::post_message(std::size_t io_thread, const std::string& room, const api_request& request,
                            std::function<void(api_response)> then) {
  std::string problem = "no JSON object";
  const auto parsed = object_in(request.body, problem);
  if (!parsed)
    return then(failure(code::bad_request, problem + "; the body is like {\"user\":\"ann\",\"body\":\"hello\"}"));
  const auto& object = *parsed;
  bool wrong = false;
  const auto text = [&](const char* name) -> std::optional<std::string> {
    const auto* field = object.if_contains(name);
    if (!field)
      return std::nullopt;
    wrong = wrong || !field->is_string();
    return field->is_string() ? std::optional{std::string{field->get_string()}} : std::nullopt;
  };
  const auto seq = [&](const char* name) -> std::optional<seq_t> {
    const auto* field = object.if_contains(name);
    if (!field)
      return std::nullopt;
    wrong = wrong || !field->is_int64() || field->get_int64() < 0;
    return field->is_int64() ? std::optional{static_cast<seq_t>(field->get_int64())} : std::nullopt;
  };
  protocol::client::send send;
  const auto user = text("user");
  send.id = 1;
  send.room = room;
  const auto cid = text("cid");
  send.cid = cid ? *cid : fresh_cid();
  send.body = text("body").value_or("");
  send.kind = text("kind");
  send.reply_to = seq("reply_to");
  send.target = seq("target");
  if (wrong)
    return then(failure(code::bad_request, "user, cid, body and kind are strings, reply_to and target numbers"));
  auto good = checked(send);
  if (const auto* why = std::get_if<protocol::server::error>(&good))
    return then(failure(*why));
  ask(io_thread,
      {std::get<protocol::client::send>(std::move(good)), user.value_or(""), bearer_of(request.authorization),
       request.address},
      std::move(then));
}

/// The body is that of the frame, with `by` for who does it.
void api_desk::moderate(std::size_t io_thread, const std::string& room, const api_request& request,
                        std::function<void(api_response)> then) {
  std::string problem = "no JSON object";
  auto object = object_in(request.body, problem);
  if (!object)
    return then(
      failure(code::bad_request,
              problem + "; the body is like {\"by\":\"ann\",\"action\":\"mute\",\"user\":\"bob\",\"for_ms\":600000}"));
  std::string by;
  if (const auto* field = object->if_contains("by")) {
    if (!field->is_string())
      return then(failure(code::bad_request, "by is a string"));
    by = std::string_view{field->get_string()};
    object->erase("by");
  }
  object->insert_or_assign("type", "moderate");
  object->insert_or_assign("id", 1);
  object->insert_or_assign("room", room);
  if (!object->contains("cid"))
    object->insert_or_assign("cid", fresh_cid());
  auto decoded = protocol::decode_json(boost::json::serialize(*object));
  if (const auto* why = std::get_if<protocol::decode_failure>(&decoded))
    return then(failure(why->code, why->message));
  ask(
    io_thread,
    {std::get<protocol::request>(std::move(decoded)), std::move(by), bearer_of(request.authorization), request.address},
    std::move(then));
}

std::string api_desk::fresh_cid() const {
  unsigned char random[10];
  around_.draw(random, sizeof random);
  return protocol::make_ulid(around_.now(), random);
}

void api_desk::get_messages(std::size_t io_thread, const std::string& room, const api_request& request,
                            std::function<void(api_response)> then) {
  bool bad = false;
  protocol::client::fetch fetch;
  fetch.id = 1;
  fetch.room = room;
  fetch.after = number(request.query, "after", bad);
  fetch.before = number(request.query, "before", bad);
  const auto limit = number(request.query, "limit", bad).value_or(50);
  bad = bad || limit > protocol::limits::page_messages_max;
  fetch.limit = static_cast<std::uint32_t>(limit);
  const auto raw = query_parameter(request.query, "raw");
  fetch.raw = raw && (*raw == "1" || *raw == "true");
  const auto user = query_parameter(request.query, "user");
  if (bad)
    return then(failure(code::bad_request, "after, before and limit are numbers, limit at most 200"));
  auto good = checked(fetch);
  if (const auto* why = std::get_if<protocol::server::error>(&good))
    return then(failure(*why));
  ask(io_thread,
      {std::get<protocol::client::fetch>(std::move(good)), user.value_or(""), bearer_of(request.authorization),
       request.address},
      std::move(then));
}

void api_desk::ask(std::size_t io_thread, asked what, std::function<void(api_response)> then) {
  auto* exchange = open(io_thread, what.address, std::move(then));
  if (!exchange)
    return;
  const auto through = around_.chains_of[io_thread]->find(endpoint::api, *verb_of(what.request), room_of(what.request));
  exchange->start(std::move(what), through);
}

api_desk::exchange* api_desk::open(std::size_t io_thread, const std::string& address,
                                   std::function<void(api_response)> then) {
  auto& waiting = waiting_[io_thread];
  if (waiting.size() >= exchanges_max) {
    then(failure(code::overloaded, "too many requests wait: try again", retry::after));
    return nullptr;
  }
  const auto id = numbers_.next_id(io_thread);
  auto& made = waiting[id] = std::make_unique<exchange>(*this, id, address, around_.now(), std::move(then));
  around_.tables[io_thread]->enter(id, *made);
  timekeepers_[io_thread]->arm();
  return made.get();
}

void api_desk::finish(connection_id id, api_response with) {
  auto& waiting = waiting_[io_thread_of(id)];
  const auto i = waiting.find(id);
  if (i == waiting.end())
    return;
  around_.tables[io_thread_of(id)]->leave(id);
  const auto mine = std::move(i->second);
  waiting.erase(i);
  mine->take_then()(std::move(with));
}

/// Ids grow with time, so the oldest stand first.
void api_desk::sweep(std::size_t io_thread) {
  auto& waiting = waiting_[io_thread];
  const auto now = around_.now();
  while (!waiting.empty() && waiting.begin()->second->since() + answer_within_ms <= now) {
    waiting.begin()->second->give_up();
    finish(waiting.begin()->first,
           failure(code::timeout, "no answer in time: try again with the same cid", retry::same));
  }
}

} // namespace troupe::actors
