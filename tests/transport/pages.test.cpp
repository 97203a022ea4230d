#include "tests/transport/echo_server.hpp"
#include "tests/transport/raw_client.hpp"
#include "transport/authority.hpp"
#include "transport/static_page.hpp"
#include "transport/upgrade_policy.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::tests;
using namespace troupe::transport;

namespace {

neighbours three_nodes() {
  return {"a", [] {
            return std::vector<neighbour>{{"a", "127.0.0.1:8080"}, {"b", "127.0.0.1:8081"}, {"far", "10.0.0.7:8080"}};
          }};
}

std::string field_of(const std::string& answer, const std::string& name) {
  const auto at = answer.find("\r\n" + name + ": ");
  if (at == std::string::npos || at > answer.find("\r\n\r\n"))
    return {};
  const auto begin = at + name.size() + 4;
  return answer.substr(begin, answer.find("\r\n", begin) - begin);
}

} // namespace

SCENARIO("which nodes a browser can go to") {
  const auto nodes = three_nodes();
  using list = std::vector<neighbour>;
  CHECK(nodes.seen_from("127.0.0.1:8080") == list{{"a", "127.0.0.1:8080"}, {"b", "127.0.0.1:8081"}});
  CHECK(nodes.seen_from("LocalHost:8080") == list{{"a", "localhost:8080"}, {"b", "localhost:8081"}});
  CHECK(nodes.seen_from("chat.example.org").empty()); // through a proxy
  CHECK(nodes.seen_from("127.0.0.1:8081").empty());
  CHECK(nodes.seen_from("").empty());
  CHECK(nodes.seen_from("a b:8080").empty());
  CHECK(nodes.seen_from("localhost:8080\r\nX: y").empty());
  CHECK(neighbours{}.seen_from("127.0.0.1:8080").empty());
  CHECK(neighbours{"gone", [] { return list{{"b", "127.0.0.1:8081"}}; }}.seen_from("127.0.0.1:8081").empty());
}

SCENARIO("pages of one node may come to the others") {
  const origin_policy alone{{}}, origins{{}, three_nodes()};
  CHECK_FALSE(alone.allows("http://localhost:8081", "localhost:8080"));
  struct row {
    const char *origin, *host;
    bool allowed;
  };
  const row rows[] = {
    {"http://localhost:8080", "localhost:8080", true},   {"http://localhost:8081", "localhost:8080", true},
    {"http://127.0.0.1:8081", "127.0.0.1:8080", true},   {"http://localhost:8082", "localhost:8080", false},
    {"https://localhost:8081", "localhost:8080", false}, {"http://evil.example:8081", "localhost:8080", false},
    {"http://127.0.0.1:8081", "localhost:8080", false},  {"http://10.0.0.7:8080", "127.0.0.1:8080", false},
    {"http://localhost:8081", "localhost", false},       {"null", "localhost:8080", false},
  };
  for (const auto& [origin, host, allowed] : rows) {
    CAPTURE(origin, host);
    CHECK(origins.allows(origin, host) == allowed);
  }
}

SCENARIO("the page of a node that died goes on at another") {
  std::vector<neighbour> living{{"a", "127.0.0.1:8080"}, {"b", "127.0.0.1:8081"}};
  const neighbours nodes{"a", [&] { return living; }};
  const origin_policy origins{{}, nodes};
  GIVEN("a node that was seen") {
    nodes.look();
    living.pop_back();
    CHECK(origins.allows("http://127.0.0.1:8081", "127.0.0.1:8080"));
    CHECK(nodes.seen_from("127.0.0.1:8080").size() == 1);
  }
  GIVEN("a node that was gone before anybody looked") {
    living.pop_back();
    CHECK_FALSE(origins.allows("http://127.0.0.1:8081", "127.0.0.1:8080"));
  }
  GIVEN("more nodes than are remembered") {
    nodes.look();
    for (std::size_t port = 0; port < neighbours::remembered_max; ++port) {
      living.back() = {"b", "127.0.0.1:" + std::to_string(10'000 + port)};
      nodes.look();
    }
    CHECK_FALSE(origins.allows("http://127.0.0.1:8081", "127.0.0.1:8080"));
    CHECK(origins.allows("http://127.0.0.1:10002", "127.0.0.1:8080"));
  }
}

SCENARIO("the smallest form of a page that the client understands") {
  static_page page{"text/html", "as it is", "br!", "gzip", "tag"};
  CHECK(form_of(page, "", "").body == "as it is");
  CHECK(form_of(page, "gzip, deflate, br", "").encoding == "br");
  CHECK(form_of(page, "gzip;q=0.5, br;q=0", "").encoding == "gzip");
  CHECK(form_of(page, "gzip;q=0.0 , *", "").encoding.empty());
  CHECK(form_of(page, "xgzip", "").encoding.empty());
  CHECK(form_of(page, "gzip", "").etag == "\"tag-gzip\"");
  CHECK_FALSE(form_of(page, "gzip", "\"tag\"").unchanged);
  CHECK(form_of(page, "gzip", "\"other\", W/\"tag-gzip\"").unchanged);
  CHECK(form_of(page, "", "\"tag\"").unchanged);
  page.brotli = page.gzip = {};
  CHECK(form_of(page, "gzip, br", "").body == "as it is");
  page.etag = {};
  CHECK_FALSE(form_of(page, "", "*").unchanged);
}

SCENARIO("what a document may do") {
  const auto policy = document_policy("localhost:8080", three_nodes().seen_from("localhost:8080"));
  CHECK(policy.find("default-src 'none'; script-src 'self'; style-src 'self';") == 0);
  CHECK(policy.find("connect-src 'self' ws://localhost:8080 wss://localhost:8080 ws://localhost:8081;") !=
        std::string::npos);
  for (const auto* must : {"require-trusted-types-for 'script'; trusted-types 'none'", "frame-ancestors 'none'",
                           "base-uri 'none'", "form-action 'none'"})
    CHECK(policy.find(must) != std::string::npos);
  for (const auto* never : {"unsafe", "*", "data:", "ws: "})
    CHECK(policy.find(never) == std::string::npos);
  CHECK(document_policy("x; script-src *", {}).find('*') == std::string::npos);
}

SCENARIO("a server hands out the page") {
  echo_server server{{}, 1, {}, [](transport::static_content& content) {
                       content["/"] = {"text/html", "<p>hello</p>", "BR", "GZ", "abc", false, true};
                       content["/assets/x-1.js"] = {"text/javascript", "1;", {}, {}, "def", true, false};
                     }};
  raw_client client{server.port()};
  const auto host = "127.0.0.1:" + std::to_string(server.port());
  const auto ask = [&](const std::string& target, const std::string& more = "") {
    client.send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + more + "\r\n");
    return client.answer();
  };

  WHEN("the document is asked for") {
    const auto page = ask("/", "Accept-Encoding: gzip, br\r\n");
    CHECK(page.ends_with("\r\n\r\nBR"));
    CHECK(field_of(page, "Content-Encoding") == "br");
    CHECK(field_of(page, "Vary") == "Accept-Encoding");
    CHECK(field_of(page, "ETag") == "\"abc-br\"");
    CHECK(field_of(page, "Cache-Control") == "no-cache");
    CHECK(field_of(page, "X-Content-Type-Options") == "nosniff");
    CHECK(field_of(page, "X-Frame-Options") == "DENY");
    THEN("it may connect to the other node, which listens beside it") {
      CHECK(field_of(page, "Content-Security-Policy").find(" ws://127.0.0.1:1;") != std::string::npos);
    }
    THEN("it is not sent again") {
      const auto again = ask("/", "Accept-Encoding: gzip, br\r\nIf-None-Match: \"abc-br\"\r\n");
      CHECK(again.starts_with("HTTP/1.1 304 "));
      CHECK(again.ends_with("\r\n\r\n"));
      CHECK(field_of(again, "ETag") == "\"abc-br\"");
    }
  }
  WHEN("a file with its hash in its name is asked for") {
    const auto file = ask("/assets/x-1.js", "Accept-Encoding: gzip, br\r\n");
    CHECK(file.ends_with("\r\n\r\n1;"));
    CHECK(field_of(file, "Cache-Control") == "public, max-age=31536000, immutable");
    CHECK(field_of(file, "Content-Encoding").empty());
    CHECK(field_of(file, "Content-Security-Policy").find("default-src 'none'") == 0);
  }
  WHEN("a page wants to know where it can go") {
    const auto told = ask("/client.json");
    CHECK(told.ends_with(R"({"node":"one","sign_in":"name","nodes":[{"node":"one","url":"ws://)" + host +
                         R"(/ws"},{"node":"two","url":"ws://127.0.0.1:1/ws"}]})"));
    CHECK(field_of(told, "Cache-Control") == "no-store");
  }
}
