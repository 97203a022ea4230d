#include "transport/upgrade_policy.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe::transport;

SCENARIO("only the own host and listed origins may connect from a browser") {
  const origin_policy origins{{"chat.example.org", "dev.example.org:3000", "https://Only-TLS.example.org"}};
  struct row {
    const char* origin;
    const char* host;
    bool allowed;
  };
  const auto [origin, host, allowed] = GENERATE(
    // the own host
    row{"http://localhost:8080", "localhost:8080", true}, row{"https://node.example.org", "node.example.org", true},
    row{"https://node.example.org", "node.example.org:443", true},
    row{"http://NODE.example.org", "node.EXAMPLE.org", true}, row{"http://[::1]:8080", "[::1]:8080", true},
    row{"http://localhost:8080", "localhost:8081", false}, row{"http://localhost", "localhost:8080", false},
    // the list
    row{"https://chat.example.org", "node", true}, row{"http://chat.example.org:8080", "node", true},
    row{"http://dev.example.org:3000", "node", true}, row{"http://dev.example.org", "node", false},
    row{"https://only-tls.example.org", "node", true}, row{"http://only-tls.example.org", "node", false},
    // look-alikes
    row{"https://chat.example.org.evil.com", "node", false}, row{"https://evil-chat.example.org", "node", false},
    row{"https://sub.chat.example.org", "node", false}, row{"https://chat.example.org@evil.com", "node", false},
    row{"https://evil.com/chat.example.org", "node", false}, row{"https://evil.com#chat.example.org", "node", false},
    row{"https://chat.example.org.", "node", false}, row{"https://chat\xd0\xb0.example.org", "node", false},
    row{"https://chat.example.org, https://evil.com", "node", false}, row{"https:// chat.example.org", "node", false},
    row{"chat.example.org", "node", false}, row{"file://chat.example.org", "node", false},
    row{"https://chat.example.org:", "node", false}, row{"https://chat.example.org:99999999", "node", false},
    row{"null", "null", false}, row{"", "node", false}, row{"https://", "node", false},
    row{"http://evil.com", "", false});
  CAPTURE(origin, host);
  CHECK(origins.allows(origin, host) == allowed);
}

SCENARIO("an upgrade is judged on its header") {
  const origin_policy origins{{}};
  upgrade_request request{.method = "GET",
                          .version = 11,
                          .host = "localhost:8080",
                          .connection = "keep-alive, Upgrade",
                          .upgrade = "websocket",
                          .key = "dGhlIHNhbXBsZSBub25jZQ==",
                          .socket_version = "13",
                          .subprotocols = "other, troupe.v1"};
  unsigned expected = 101;
  SECTION("as it should be") {}
  SECTION("from the own page") {
    request.has_origin = true;
    request.origin = "http://localhost:8080";
  }
  SECTION("another method") {
    request.method = "POST";
    expected = 405;
  }
  SECTION("an older HTTP") {
    request.version = 10;
    expected = 400;
  }
  SECTION("no host") {
    request.host = "";
    expected = 400;
  }
  SECTION("no upgrade") {
    request.upgrade = "";
    expected = 426;
  }
  SECTION("another upgrade") {
    request.upgrade = "h2c";
    expected = 426;
  }
  SECTION("no connection token") {
    request.connection = "keep-alive, upgraded";
    expected = 426;
  }
  SECTION("another version") {
    request.socket_version = GENERATE("", "8", "14", "13, 8");
    expected = 426;
  }
  SECTION("a bad key") {
    request.key =
      GENERATE("", "short==", "dGhlIHNhbXBsZSBub25jZQ=!", "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==");
    expected = 400;
  }
  SECTION("a foreign origin") {
    request.has_origin = true;
    request.origin = "http://evil.com";
    expected = 403;
  }
  SECTION("without our subprotocol") {
    request.subprotocols = GENERATE("", "troupe.v2", "TROUPE.V1", "troupe.v1.bin");
    expected = 400;
  }
  SECTION("with bytes behind it") {
    request.early_bytes = true;
    expected = 400;
  }
  const auto verdict = judge_upgrade(request, origins);
  CHECK(verdict.status == expected);
  CHECK((expected == 101) == verdict.message.empty());
}
