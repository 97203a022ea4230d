#include "tests/transport/echo_server.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace troupe::tests {

class echo_acceptor::connection final : public actors::wire_events {
public:
  connection(echo_acceptor& home, std::size_t thread, actors::wire& socket)
    : home_{home}, thread_{thread}, socket_{socket} {
    home_.members_[thread_].push_back(this);
  }
  ~connection() override { std::erase(home_.members_[thread_], this); }

  void opened() override { ++home_.log.opened; }

  void received(std::string_view text) override {
    ++home_.log.messages;
    std::istringstream words{std::string{text}};
    std::string verb;
    words >> verb;
    if (verb == "close") {
      int code = 0;
      words >> code;
      push(actors::frame::make("last words"));
      socket_.close(static_cast<protocol::close_code>(code), "as you wish");
    } else if (verb == "drop") {
      socket_.drop();
    } else if (verb == "many") {
      std::size_t count = 0, bytes = 0;
      words >> count >> bytes;
      for (std::size_t index = 0; index < count; ++index) {
        auto payload = std::to_string(index) + ' ';
        payload.resize(std::max(payload.size(), bytes), 'x');
        push(actors::frame::make(payload));
      }
    } else if (verb == "all") {
      const auto shared = actors::frame::make(text);
      for (auto* member : home_.members_[thread_])
        member->push(shared);
    } else {
      push(actors::frame::make(text));
    }
  }

  void take(std::vector<actors::shared_frame>& out, std::size_t bytes_max) override {
    for (std::size_t bytes = 0; next_ < queue_.size() && bytes < bytes_max; ++next_) {
      bytes += queue_[next_]->size();
      out.push_back(std::move(queue_[next_]));
    }
    if (next_ == queue_.size()) {
      next_ = 0;
      std::vector<actors::shared_frame>{}.swap(queue_);
    }
  }

  void tick(std::int64_t) override { ++home_.log.ticks; }

  void closed(actors::ending why) override {
    if (std::exchange(ended_, true))
      ++home_.log.closed_twice;
    {
      std::lock_guard guard{home_.log.mutex};
      home_.log.endings.push_back(why);
    }
    ++home_.log.closed;
    delete this;
  }

private:
  void push(actors::shared_frame frame) {
    queue_.push_back(std::move(frame));
    socket_.wake();
  }

  echo_acceptor& home_;
  const std::size_t thread_;
  actors::wire& socket_;
  std::vector<actors::shared_frame> queue_;
  std::size_t next_ = 0;
  bool ended_ = false;
};

echo_acceptor::~echo_acceptor() = default;

actors::attached echo_acceptor::attach(std::size_t io_thread, actors::wire& socket, actors::peer) {
  return {new connection{*this, io_thread, socket}, nullptr};
}

void echo_api::call(std::size_t, actors::api_request request, std::function<void(actors::api_response)> then) {
  actors::api_response answer;
  if (request.path == "/api/busy") {
    answer.status = 503;
    answer.retry_after_s = 7;
  }
  answer.content_type = "text/plain";
  answer.body = request.method + ' ' + request.path + " ?" + request.query + ' ' + request.authorization + ' ' +
                request.address + ' ' + request.body;
  then(std::move(answer));
}

echo_server::echo_server(config::listen_options listen, std::size_t threads, config::outbound_options outbound,
                         const std::function<void(transport::static_content&)>& fill)
  : pool{nullptr, threads}, acceptor{threads} {
  listen.address = "127.0.0.1:0";
  content["/"] = {"text/html", "<p>hello</p>"};
  if (fill)
    fill(content);
  ready.set(std::nullopt);
  pool.start();
  server.start(listen, outbound,
               {pool, acceptor, api, content, ready, metrics,
                transport::neighbours{
                  "one",
                  [this] {
                    return std::vector<transport::neighbour>{{"one", server.address()}, {"two", "127.0.0.1:1"}};
                  }},
                "name"});
}

echo_server::~echo_server() {
  server.stop();
  pool.stop();
}

double echo_server::metric(const std::string& name) const {
  std::istringstream lines{metrics.text()};
  double sum = 0;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(name + '{') || line.starts_with(name + ' '))
      sum += std::stod(line.substr(line.rfind(' ')));
  return sum;
}

} // namespace troupe::tests
