// How connections end: silence, draining, strangers' pages; and what the shell says about a recording.
#include "tests/conformance/setting.hpp"

#include "checker/recorder.hpp"

#include <boost/json.hpp>

#include <fstream>

using namespace troupe;
using namespace troupe::tests;

SCENARIO("who sends nothing is closed after twice ping_ms") {
  node server = node::started({.config = "[session]\nping_ms = 1000\n"});
  live_client silent{server, "silent"};
  live_client lively{server, "lively"};
  CHECK(silent.welcome().ping_ms == 1'000);
  CLAUSE("Send a `ping` after `ping_ms` without sending anything …; the server does the same (close 4009)");
  for (int i = 0; i < 8; ++i) {
    lively.pings();
    lively.lives_for(500ms);
  }
  CHECK(silent.loses_connection().code == 4009);
  lively.pings();
}

SCENARIO("a node that is asked to stop sends its clients away") {
  node server = node::started({});
  live_client ann{server, "ann"};
  ann.joins("lounge");
  ann.sends("lounge", "hello");
  server.child().signal(SIGTERM);
  CLAUSE("`goaway{after_ms, resume}`: the node drains: reconnect after `after_ms`");
  const auto end = ann.loses_connection();
  CHECK(end.code == 4001);
  if (const auto told = ann.take<hear::goaway>())
    CHECK_FALSE(told->resume.empty());
  CHECK(server.child().wait() == 0);
}

SCENARIO("pages of strangers may not open a socket") {
  const auto status = [](const std::string& origin) {
    std::vector<std::pair<std::string, std::string>> headers = {{"Upgrade", "websocket"},
                                                                {"Connection", "Upgrade"},
                                                                {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                                                                {"Sec-WebSocket-Version", "13"},
                                                                {"Sec-WebSocket-Protocol", "troupe.v1"}};
    if (!origin.empty())
      headers.emplace_back("Origin", origin);
    std::string request = "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(the_node().port()) + "\r\n";
    for (const auto& [name, value] : headers)
      request += name + ": " + value + "\r\n";
    const auto answer = raw_exchange(the_node().port(), request + "\r\n", 300ms);
    return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
  };
  const auto own = "127.0.0.1:" + std::to_string(the_node().port());
  CHECK(status("") == 101);
  CHECK(status("http://" + own) == 101);
  for (const auto& origin : {std::string("http://evil.example"), std::string("null"), "http://" + own + ".evil.example",
                             std::string("http://127.0.0.1.evil.example:1")}) {
    CAPTURE(origin);
    CHECK(status(origin) == 403);
  }
}

SCENARIO("troupe check judges a recording") {
  temporary_directory directory;
  const auto file = directory / "run.jsonl";
  const auto room = fresh_room();
  {
    checker::recorder recorder{file};
    live_client ann{the_node().where(), {.user = fresh_user(), .recorder = &recorder}};
    ann.joins(room);
    for (int i = 0; i < 5; ++i)
      ann.sends(room, std::to_string(i));
    record_final_history(recorder, ann, room);
  }
  const auto judged = [](const std::filesystem::path& which) {
    process check{{.command = {shipped_binary(), "check", which, "--json"}}};
    const auto code = check.wait();
    return std::pair{code, check.output()};
  };
  const auto [good, verdict] = judged(file);
  CHECK(good == 0);
  CHECK(boost::json::parse(verdict).at("passed").as_bool());
  CHECK(boost::json::parse(verdict).at("counts").at("acks").to_number<int>() == 5);

  // The same without one stored row.
  const auto bent = directory / "bent.jsonl";
  {
    std::ifstream in{file};
    std::ofstream out{bent};
    bool dropped = false;
    for (std::string line; std::getline(in, line);) {
      if (!dropped && line.find("\"ev\":\"stored\"") != std::string::npos) {
        dropped = true;
        continue;
      }
      out << line << '\n';
    }
  }
  const auto [bad, broken] = judged(bent);
  CHECK(bad == 1);
  CHECK_FALSE(boost::json::parse(broken).at("passed").as_bool());
  CHECK(broken.find("every ack is in the final history") != std::string::npos);
}
