#include "transport/server.hpp"

#include "transport/listener.hpp"

#include <spdlog/spdlog.h>

#include <future>
#include <stdexcept>
#include <thread>

namespace troupe::transport {

namespace {

/// Runs `work` on the thread and waits until it has run; here when the thread does not run.
template <class F>
void run_on(io_thread& thread, F work) {
  if (!thread.running())
    return work();
  std::promise<void> done;
  auto waits = done.get_future();
  thread.post([&] {
    work();
    done.set_value();
  });
  waits.wait();
}

std::vector<address_key> keys_of(const std::vector<std::string>& addresses) {
  std::vector<address_key> result;
  for (const auto& text : addresses) {
    error_code error;
    const auto address = net::ip::make_address(text, error);
    if (error)
      throw std::runtime_error{"listen.trusted: '" + text + "' is not an IP address"};
    result.push_back(key_of(address));
  }
  return result;
}

std::string text_of(const tcp::endpoint& at) {
  const auto host = at.address().to_string();
  return (at.address().is_v6() ? '[' + host + ']' : host) + ':' + std::to_string(at.port());
}

} // namespace

server::server() = default;

server::~server() { stop(); }

void server::start(const config::listen_options& listen, const config::outbound_options& outbound, const parts& with) {
  auto at = resolve_listen(listen.address);
  check_unused(at);
  admission_limits limits;
  limits.connections_max = listen.connections_max;
  limits.connections_per_ip_max = listen.connections_per_ip_max;
  limits.handshakes_per_s = listen.handshakes_per_s;
  limits.handshakes_per_ip_per_s = listen.handshakes_per_ip_per_s;
  site_.reset(new site{listen, outbound.pool_bytes_max, with.acceptor, with.api, destinations_of(with.content),
                       with.ready, with.metrics, with.sign_in, with.nodes, origin_policy{listen.origins, with.nodes},
                       admission{limits}, keys_of(listen.trusted)});
  for (std::size_t index = 0; index < with.threads.size(); ++index) {
    auto& on = lanes_.emplace_back(std::make_shared<lane>(with.threads[index], site_));
    auto& one = listeners_.emplace_back(std::make_shared<listener>(on, at));
    at = one->bound(); // port 0 is decided by the first
    const metrics::labels labels{{"thread", std::to_string(index)}};
    with.metrics.add("troupe_socket", std::shared_ptr<const socket_counters>{on->counters}, labels);
    with.metrics.add("troupe_io_thread", with.threads[index].counters(), labels);
  }
  address_ = text_of(at);
  port_ = at.port();
  for (const auto& one : listeners_)
    one->start();
}

std::string server::address() const { return address_; }

std::uint16_t server::port() const { return port_; }

void server::stop_accepting() {
  for (std::size_t index = 0; index < listeners_.size(); ++index)
    run_on(lanes_[index]->thread, [&] { listeners_[index]->stop(); });
  listeners_.clear();
}

void server::stop(std::chrono::milliseconds patience) {
  stop_accepting();
  const auto ask_all = [&](auto what) {
    for (const auto& on : lanes_)
      run_on(on->thread, [&] {
        on->leaving = true;
        // Sessions take themselves out of the list, at once or later; each is held while it is asked.
        std::vector<boost::intrusive_ptr<session>> all;
        for (auto& one : on->sessions)
          all.emplace_back(&one);
        for (const auto& one : all)
          what(*one);
      });
  };
  const auto wait = [&](std::chrono::milliseconds at_most) {
    const auto until = std::chrono::steady_clock::now() + at_most;
    while (sockets() > 0 && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    return sockets() == 0;
  };
  ask_all([](session& one) { one.leave(); });
  if (!wait(patience)) {
    ask_all([](session& one) { one.abort(); });
    if (!wait(std::chrono::seconds{2}))
      spdlog::warn("{} sockets are still held at shutdown", sockets());
  }
  lanes_.clear();
  site_.reset();
}

std::int64_t server::sockets() const {
  std::int64_t sum = 0;
  for (const auto& on : lanes_)
    sum += on->live.load(std::memory_order_acquire);
  return sum;
}

} // namespace troupe::transport
