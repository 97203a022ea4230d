#include "actors/api_desk.hpp"

#include "actors/api_forms.hpp"
#include "actors/sequencer.hpp"
#include "protocol/codec.hpp"
#include "protocol/limits.hpp"
#include "protocol/names.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <optional>
#include <utility>

namespace troupe::actors {

using protocol::code;
using protocol::retry;

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

std::optional<std::string> parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == name && equals != std::string_view::npos)
      return percent_decoded(pair.substr(equals + 1));
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
  }
  return std::nullopt;
}

/// A number in the query; `bad` when it is there but is none.
std::optional<seq_t> number(std::string_view query, std::string_view name, bool& bad) {
  const auto text = parameter(query, name);
  if (!text)
    return std::nullopt;
  seq_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  bad = bad || error != std::errc{} || end != text->data() + text->size();
  return value;
}

std::optional<protocol::server::error> refuse_user(const std::optional<std::string>& user) {
  if (!user)
    return refusal(code::unauthorized, "name a user (auth.mode is open): \"user\" in the body, ?user= in a GET",
                   retry::reauth);
  if (!protocol::is_user(*user))
    return refusal(code::bad_request, "a user is 1 to 64 of A-Z a-z 0-9 _ . @ -", retry::never);
  return std::nullopt;
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
class api_desk::exchange final : public addressee {
public:
  exchange(api_desk& desk, connection_id id, std::string user, time_ms since, std::function<void(api_response)> then)
    : desk_(desk), id_(id), user_(std::move(user)), since_(since), then_(std::move(then)) {}

  connection_id id() const noexcept { return id_; }
  time_ms since() const noexcept { return since_; }
  std::function<void(api_response)> take_then() { return std::move(then_); }

  void hear(to_connection::news what) override {
    if (const auto* page = std::get_if<protocol::server::page>(&what))
      return answer(200, *page);
    if (const auto* ack = std::get_if<protocol::server::ack>(&what))
      return answer(201, *ack);
    if (const auto* error = std::get_if<protocol::server::error>(&what))
      return desk_.finish(id_, failure(*error));
    if (auto* whole = std::get_if<api_response>(&what))
      return desk_.finish(id_, std::move(*whole));
  }

  /// The ack comes as an encoded frame: its payload is the body.
  void acked(request_id, subscription*, const room_frame& what) override {
    api_response response;
    response.status = 201;
    response.body = std::string{what.frame->payload()};
    desk_.finish(id_, std::move(response));
  }

  void deliver(subscription&, const room_frame&) override {}
  const std::string& user() const override { return user_; }

private:
  template <class Message>
  void answer(unsigned status, const Message& what) {
    api_response response;
    response.status = status;
    protocol::encode_json(response.body, what);
    desk_.finish(id_, std::move(response));
  }

  api_desk& desk_;
  connection_id id_;
  std::string user_;
  time_ms since_;
  std::function<void(api_response)> then_;
};

api_desk::api_desk(services& around, door& numbers)
  : around_(around), numbers_(numbers), operations_(around), waiting_(around.units.size()) {}

api_desk::~api_desk() = default;

void api_desk::call(std::size_t io_thread, api_request request, std::function<void(api_response)> then) {
  sweep(io_thread);
  if (operations_.takes(request.path))
    return operate(io_thread, request, std::move(then));
  const auto room = name_between(request.path, "/api/v1/rooms/", "/messages");
  if (!room)
    return then(failure(code::not_found, "there is no such path: see /openapi.json"));
  if (request.method == "POST")
    return post_message(io_thread, *room, request, std::move(then));
  if (request.method == "GET")
    return get_messages(io_thread, *room, request, std::move(then));
  then(wrong_method("use GET or POST"));
}

void api_desk::operate(std::size_t io_thread, const api_request& request, std::function<void(api_response)> then) {
  const auto* exchange = open(io_thread, "", std::move(then));
  if (!exchange)
    return;
  const auto id = exchange->id();
  if (auto known = operations_.answer(id, request))
    finish(id, std::move(*known));
}

void api_desk::post_message(std::size_t io_thread, const std::string& room, const api_request& request,
                            std::function<void(api_response)> then) {
  boost::json::error_code failed;
  boost::json::parse_options limits;
  limits.max_depth = protocol::limits::json_depth_max;
  const auto value = boost::json::parse(request.body, failed, {}, limits);
  if (failed || !value.is_object())
    return then(failure(code::bad_request, "the body must be a JSON object: {\"user\":\"ann\",\"body\":\"hello\"}"));
  const auto& object = value.get_object();
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
  if (cid) {
    send.cid = *cid;
  } else {
    unsigned char random[10];
    around_.draw(random, sizeof random);
    send.cid = protocol::make_ulid(around_.now(), random);
  }
  send.body = text("body").value_or("");
  send.kind = text("kind");
  send.reply_to = seq("reply_to");
  send.target = seq("target");
  if (wrong)
    return then(failure(code::bad_request, "user, cid, body and kind are strings, reply_to and target numbers"));
  if (const auto wrong_user = refuse_user(user))
    return then(failure(*wrong_user));
  auto good = checked(send);
  if (const auto* why = std::get_if<protocol::server::error>(&good))
    return then(failure(*why));
  auto* exchange = open(io_thread, *user, std::move(then));
  if (!exchange)
    return;
  auto& s = std::get<protocol::client::send>(good);
  to_relay::send passed;
  passed.connection = exchange->id();
  passed.re = 1;
  passed.user = *user;
  passed.cid = std::move(s.cid);
  passed.kind = s.kind.value_or("text");
  passed.body = std::move(s.body);
  passed.reply_to = s.reply_to.value_or(0);
  passed.target = s.target.value_or(0);
  around_.draw(passed.salt.data(), passed.salt.size());
  caf::anon_send(around_.guardians[around_.unit_of(room)], to_relay_of{room, std::move(passed)});
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
  const auto raw = parameter(request.query, "raw");
  fetch.raw = raw && (*raw == "1" || *raw == "true");
  const auto user = parameter(request.query, "user");
  if (bad)
    return then(failure(code::bad_request, "after, before and limit are numbers, limit at most 200"));
  if (const auto wrong_user = refuse_user(user))
    return then(failure(*wrong_user));
  auto good = checked(fetch);
  if (const auto* why = std::get_if<protocol::server::error>(&good))
    return then(failure(*why));
  auto* exchange = open(io_thread, *user, std::move(then));
  if (!exchange)
    return;
  caf::anon_send(around_.guardians[around_.unit_of(room)],
                 to_relay_of{room, to_relay::ask{to_room::fetch{"", exchange->id(), *user, 1, fetch.after, fetch.before,
                                                                fetch.limit, *fetch.raw}}});
}

api_desk::exchange* api_desk::open(std::size_t io_thread, std::string user, std::function<void(api_response)> then) {
  auto& waiting = waiting_[io_thread];
  if (waiting.size() >= exchanges_max) {
    then(failure(code::overloaded, "too many requests wait: try again", retry::after));
    return nullptr;
  }
  const auto id = numbers_.next_id(io_thread);
  auto& made = waiting[id] = std::make_unique<exchange>(*this, id, std::move(user), around_.now(), std::move(then));
  around_.tables[io_thread]->enter(id, *made);
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
  while (!waiting.empty() && waiting.begin()->second->since() + answer_within_ms <= now)
    finish(waiting.begin()->first,
           failure(code::timeout, "no answer in time: try again with the same cid", retry::same));
}

} // namespace troupe::actors
