#include "tests/conformance/setting.hpp"

#include <boost/json.hpp>

using namespace troupe;
using namespace troupe::tests;
namespace json = boost::json;

namespace {

json::object object_of(const std::optional<http_answer>& answer) {
  REQUIRE(answer);
  return json::parse(answer->body).as_object();
}

std::string path_of(const std::string& room) { return "/api/v1/rooms/" + room + "/messages"; }

std::string post_of(const std::string& user, const std::string& body, const std::string& cid = {}) {
  json::object what{{"user", user}, {"body", body}};
  if (!cid.empty())
    what["cid"] = cid;
  return json::serialize(what);
}

} // namespace

SCENARIO("health, readiness and metrics") {
  const auto port = the_node().port();
  CHECK(http_get(port, "/healthz")->status == 200);
  CHECK(http_get(port, "/readyz")->status == 200);
  const auto metrics = http_get(port, "/metrics");
  REQUIRE(metrics);
  CHECK(metrics->status == 200);
  CHECK(metrics->headers.at("content-type").starts_with("text/plain"));
  CHECK(metrics->body.find("# TYPE troupe_") != std::string::npos);
  CHECK(http_get(port, "/nothing/here")->status == 404);
  CHECK(http_get(port, "/../../etc/passwd")->status >= 400);
}

SCENARIO("the front page, and what a page has to know") {
  const auto port = the_node().port();
  const auto page = http_get(port, "/");
  REQUIRE(page);
  CHECK(page->status == 200);
  CHECK(page->headers.at("x-content-type-options") == "nosniff");
  CHECK(page->headers.at("content-security-policy").find("frame-ancestors 'none'") != std::string::npos);
  if (page->headers.at("content-type").starts_with("text/html"))
    CHECK(page->headers.at("content-security-policy").find("require-trusted-types-for 'script'") != std::string::npos);
  else
    CHECK(page->body.find("built without Node.js") != std::string::npos);
  const auto told = object_of(http_get(port, "/client.json"));
  CHECK(told.at("sign_in").as_string() == "name");
  CHECK_FALSE(told.at("node").as_string().empty());
}

SCENARIO("posting a message") {
  const auto room = fresh_room();
  const auto port = the_node().port();
  live_client ann{the_node(), fresh_user()};
  ann.joins(room);
  const auto cid = new_cid();
  const auto posted = http_post(port, path_of(room), post_of("back-end", "hello", cid));
  REQUIRE(posted);
  CHECK(posted->status == 201);
  const auto ack = object_of(posted);
  CHECK(ack.at("seq").to_number<int>() == 1);
  CHECK(ack.at("cid").as_string() == cid);
  CHECK_FALSE(ack.at("dup").as_bool());
  CHECK(ack.at("durable").as_string() == "disk");
  const auto seen = ann.next_message();
  CHECK(seen.from == "back-end");
  CHECK(seen.body == "hello");

  SECTION("again: the first ack again") {
    const auto again = object_of(http_post(port, path_of(room), post_of("back-end", "hello", cid)));
    CHECK(again.at("seq").to_number<int>() == 1);
    CHECK(again.at("dup").as_bool());
  }
  SECTION("with another body") {
    const auto refused = http_post(port, path_of(room), post_of("back-end", "other", cid));
    CHECK(refused->status == 409);
    CHECK(object_of(refused).at("error").as_object().at("code").as_string() == "conflict");
  }
  SECTION("without a cid it is a new message each time") {
    CHECK(http_post(port, path_of(room), post_of("back-end", "again"))->status == 201);
    CHECK(http_post(port, path_of(room), post_of("back-end", "again"))->status == 201);
    CHECK(ann.next_message().seq == 2);
    CHECK(ann.next_message().seq == 3);
  }
}

SCENARIO("reading messages") {
  const auto room = fresh_room("a.b-");
  const auto port = the_node().port();
  for (int i = 1; i <= 5; ++i)
    REQUIRE(http_post(port, path_of(room), post_of("ann", std::to_string(i)))->status == 201);
  const auto page = object_of(http_get(port, path_of(room) + "?user=bob&after=1&limit=3"));
  const auto& messages = page.at("messages").as_array();
  REQUIRE(messages.size() == 3);
  CHECK(messages[0].as_object().at("seq").to_number<int>() == 2);
  CHECK(messages[0].as_object().at("body").as_string() == "2");
  CHECK(page.at("more").as_bool());
  const auto raw = object_of(http_get(port, path_of(room) + "?user=bob&before=3&raw=true"));
  CHECK(raw.at("messages").as_array().size() == 2);
  CHECK_FALSE(raw.at("more").as_bool());
}

SCENARIO("a room's name with a slash is percent-encoded") {
  const auto port = the_node().port();
  const auto room = fresh_room("short/");
  const auto encoded = "short%2F" + room.substr(6);
  CHECK(http_post(port, path_of(encoded), post_of("ann", "x"))->status == 201);
  live_client ann{the_node(), fresh_user()};
  CHECK(bodies(ann.joins(room).messages) == std::vector<std::string>{"x"});
}

SCENARIO("what the API refuses") {
  const auto port = the_node().port();
  const auto room = fresh_room();
  struct row {
    const char* what;
    std::string method, target, body;
    unsigned status;
  };
  const row rows[] = {
    {"no JSON", "POST", path_of(room), "hello", 400},
    {"an array", "POST", path_of(room), "[]", 400},
    {"a field twice", "POST", path_of(room), R"({"user":"ann","user":"bob","body":"x"})", 400},
    {"an unknown field twice", "POST", path_of(room), R"({"user":"ann","body":"x","tag":1,"tag":2})", 400},
    {"a field of an order twice", "POST", "/api/v1/rooms/" + room + "/moderate",
     R"({"by":"ann","action":"kick","user":"bob","user":"cat"})", 400},
    {"no user", "POST", path_of(room), R"({"body":"x"})", 401},
    {"a bad user", "POST", path_of(room), R"({"user":"a b","body":"x"})", 400},
    {"no body", "POST", path_of(room), R"({"user":"ann"})", 400},
    {"an empty body", "POST", path_of(room), R"({"user":"ann","body":""})", 400},
    {"a bad cid", "POST", path_of(room), R"({"user":"ann","body":"x","cid":"1"})", 400},
    {"a body that is too long", "POST", path_of(room), post_of("ann", std::string(16 * 1024 + 1, 'x')), 413},
    {"a request that is too long", "POST", path_of(room), post_of("ann", std::string(70'000, 'x')), 413},
    {"a bad room", "POST", path_of("the%20room"), post_of("ann", "x"), 400},
    {"another's direct messages", "GET", path_of("dm:a:b") + "?user=eve", "", 404},
    {"a limit of 201", "GET", path_of(room) + "?user=ann&limit=201", "", 400},
    {"after and before", "GET", path_of(room) + "?user=ann&after=1&before=5", "", 400},
    {"a limit that is no number", "GET", path_of(room) + "?user=ann&limit=many", "", 400},
    {"another method", "DELETE", path_of(room), "", 405},
    {"an unknown path", "GET", "/api/v1/rooms", "", 404},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto answer = http_request(port, row.method, row.target, row.body, {{"Content-Type", "application/json"}});
    REQUIRE(answer);
    CHECK(answer->status == row.status);
  }
  CHECK(http_get(port, "/healthz")->status == 200);
}
