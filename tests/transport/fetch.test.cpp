// Documents fetched from a server that is to be trusted, or not.
#include "transport/fetch.hpp"
#include "tests/transport/document_server.hpp"
#include "transport/key_fetcher.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <mutex>
#include <vector>

using namespace troupe;
using namespace troupe::transport;
using namespace troupe::transport::testing;
using Catch::Matchers::Contains;

namespace {

/// A file with certificates, gone when the test ends.
class authorities {
public:
  explicit authorities(const std::string& pem) {
    std::string name = (std::filesystem::temp_directory_path() / "troupe-authorities-XXXXXX").string();
    ::close(::mkstemp(name.data()));
    path_ = name;
    std::ofstream{path_} << pem;
  }
  ~authorities() { std::filesystem::remove(path_); }
  fetch_settings settings() const { return {.authorities_file = path_.string()}; }

private:
  std::filesystem::path path_;
};

const certificate& good_certificate() {
  static const auto made = make_certificate("IP:127.0.0.1,DNS:localhost");
  return made;
}

std::string body_of(const std::variant<std::string, not_fetched>& found) {
  if (const auto* not_there = std::get_if<not_fetched>(&found))
    FAIL(not_there->why);
  return std::get<std::string>(found);
}

std::string why(const std::variant<std::string, not_fetched>& found) {
  REQUIRE(std::holds_alternative<not_fetched>(found));
  return std::get<not_fetched>(found).why;
}

} // namespace

SCENARIO("a document is fetched from a host that can prove its name") {
  const document_server server{page("keys"), &good_certificate()};
  const authorities known{good_certificate().authority};
  CHECK(body_of(fetch(server.address(), known.settings())) == "keys");
  auto by_name = server.address();
  by_name.host = "localhost";
  CHECK(body_of(fetch(by_name, known.settings())) == "keys");
}

SCENARIO("a host that cannot prove its name is not asked") {
  const document_server server{page("keys"), &good_certificate()};
  WHEN("nobody known vouches for it") {
    const authorities others{make_certificate("IP:127.0.0.1").authority};
    // Another authority of the same name: its signature is wrong.
    CHECK_THAT(why(fetch(server.address(), others.settings())), Contains("cannot be fetched"));
    CHECK_THAT(why(fetch(server.address(), {})), Contains("certificate verify failed"));
  }
  WHEN("its certificate is for another name") {
    const auto other = make_certificate("IP:127.0.0.2,DNS:login.example");
    const document_server impostor{page("keys"), &other};
    const authorities known{other.authority};
    CHECK_THAT(why(fetch(impostor.address(), known.settings())), Contains("certificate verify failed"));
    CHECK(impostor.requests() == 0);
  }
  WHEN("its certificate has expired") {
    const auto old = make_certificate("IP:127.0.0.1", -5, -1);
    const document_server late{page("keys"), &old};
    const authorities known{old.authority};
    CHECK_THAT(why(fetch(late.address(), known.settings())), Contains("certificate verify failed"));
    CHECK(late.requests() == 0);
  }
  CHECK(server.requests() == 0);
}

SCENARIO("without TLS only a loopback address is asked") {
  const document_server server{page("keys")};
  CHECK(body_of(fetch(server.address(), {})) == "keys");
  auto elsewhere = server.address();
  elsewhere.host = "login.example";
  elsewhere.loopback = false;
  CHECK_THAT(why(fetch(elsewhere, {})), Contains("neither https nor a loopback address"));
}

SCENARIO("an answer that is no document is none") {
  document_server server{page("keys")};
  const fetch_settings soon{.body_bytes_max = 1'000, .within = std::chrono::milliseconds{300}};
  const auto asked = [&](const std::string& answer) {
    server.answer(answer);
    return why(fetch(server.address(), soon));
  };
  CHECK_THAT(asked(page("", "302 Found", "Location: http://127.0.0.1:1/\r\n")),
             Contains("answered 302: redirects are not followed"));
  CHECK_THAT(asked(page("none", "404 Not Found")), Contains("answered 404"));
  CHECK_THAT(asked(page("none", "500 Oops")), Contains("answered 500"));
  CHECK_THAT(asked(page(std::string(1'001, 'x'))), Contains("body limit exceeded"));
  CHECK_THAT(asked("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                   [] {
                     std::string chunks;
                     for (int i = 0; i < 20; ++i)
                       chunks += "40\r\n" + std::string(64, 'x') + "\r\n";
                     return chunks;
                   }()),
             Contains("body limit exceeded"));
  CHECK_THAT(asked("HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"),
             Contains("header limit exceeded"));
  CHECK_THAT(asked("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nkeys"), Contains("partial message"));
  CHECK_THAT(asked("hello\r\n\r\n"), Contains("cannot be fetched"));
  CHECK_THAT(asked(""), Contains("gave no answer within 300 ms"));
  CHECK(body_of([&] {
          server.answer(page(std::string(1'000, 'x')));
          return fetch(server.address(), soon);
        }()) == std::string(1'000, 'x'));
}

SCENARIO("keys are fetched again, and a failure leaves what was there") {
  document_server server{page("first")};
  std::mutex mutex;
  std::vector<std::string> taken, failures;
  key_fetcher_settings settings;
  settings.urls = {server.url()};
  settings.refresh = std::chrono::milliseconds{1};
  settings.jitter = [] { return 0.5; };
  settings.take = [&](const std::string&, std::string body) -> std::string {
    const std::lock_guard turn{mutex};
    if (body == "bad")
      return "has no key";
    if (taken.empty() || taken.back() != body)
      taken.push_back(body);
    return {};
  };
  settings.failed = [&](const std::string&, const std::string& reason) {
    const std::lock_guard turn{mutex};
    if (failures.empty() || failures.back() != reason)
      failures.push_back(reason);
  };
  {
    const key_fetcher fetcher{settings};
    const auto meanwhile = [&](const std::string& answer) {
      server.answer(answer);
      server.wait_for(server.requests() + 3); // The one before the last was asked for after the change.
    };
    server.wait_for(2);
    meanwhile(page("", "503 Busy"));
    meanwhile(page("bad"));
    meanwhile(page("second"));
  }
  CHECK(taken == std::vector<std::string>{"first", "second"});
  CHECK(failures == std::vector<std::string>{"answered 503", "has no key"});
}

SCENARIO("who misses a key has it fetched early, but not again and again") {
  document_server server{page("keys")};
  key_fetcher_settings settings;
  settings.urls = {server.url()};
  settings.refresh = std::chrono::hours{1};
  settings.jitter = [] { return 0.0; };
  settings.take = [](const std::string&, std::string) { return std::string{}; };
  settings.failed = [](const std::string&, const std::string&) {};
  GIVEN("a pause between early fetches") {
    settings.early_pause = std::chrono::hours{1};
    {
      key_fetcher fetcher{settings};
      server.wait_for(1);
      for (int i = 0; i < 1'000; ++i)
        fetcher.ask_early();
      server.wait_for(2);
      for (int i = 0; i < 1'000; ++i)
        fetcher.ask_early();
    }
    CHECK(server.requests() == 2);
  }
  GIVEN("no pause") {
    settings.early_pause = std::chrono::hours{0};
    key_fetcher fetcher{settings};
    for (std::uint32_t fetches = 2; fetches < 10; ++fetches) {
      server.wait_for(fetches - 1);
      fetcher.ask_early();
    }
    server.wait_for(9);
  }
}

SCENARIO("a fetch that is under way does not keep the node from ending") {
  document_server silent{""};
  key_fetcher_settings settings;
  settings.urls = {silent.url()};
  settings.how.within = std::chrono::hours{1};
  settings.jitter = [] { return 0.0; };
  settings.take = [](const std::string&, std::string) { return std::string{}; };
  std::atomic<bool> failed{false};
  settings.failed = [&](const std::string&, const std::string&) { failed = true; };
  {
    const key_fetcher fetcher{settings};
    silent.wait_for(1);
  }
  CHECK_FALSE(failed);
}
