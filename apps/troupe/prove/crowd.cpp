#include "apps/troupe/prove/crowd.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <future>
#include <utility>

namespace troupe::prove {

namespace {

constexpr std::size_t rooms_of_a_sender_min = 2;

/// The nodes in an order of this client's own: the load is even, and those who lose a node spread.
std::vector<client::endpoint> in_own_order(std::vector<client::endpoint> nodes, std::size_t number) {
  const auto count = nodes.size();
  std::rotate(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(number % count), nodes.end());
  if (number / count % 2 == 1)
    std::reverse(nodes.begin() + 1, nodes.end());
  return nodes;
}

} // namespace

crowd::crowd(options how) : around_(std::move(how.rooms), how.recording), work_(boost::asio::make_work_guard(io_)) {
  around_.body_bytes = how.body_bytes;
  const auto rooms = around_.rooms.size();
  const auto add = [&](const std::string& kind, std::size_t i, device::options as) {
    as.name = how.name + '.' + kind + std::to_string(i);
    as.nodes = in_own_order(how.nodes, devices_.size());
    as.seed = how.seed + devices_.size() * 7'919;
    devices_.push_back(std::make_unique<device>(io_, around_, std::move(as)));
  };
  // Every room is sent to, also when there are more rooms than senders.
  const auto stride = std::max<std::size_t>(1, how.senders < rooms ? how.senders : 1);
  const auto rooms_of_a_sender =
    std::max(rooms_of_a_sender_min, how.senders ? (rooms + how.senders - 1) / how.senders : 0);
  for (std::size_t i = 0; i < how.senders; ++i) {
    device::options sender;
    for (std::size_t room = 0; room < std::min(rooms_of_a_sender, rooms); ++room)
      sender.rooms.push_back((i + room * stride) % rooms);
    sender.joins = i % 2 == 0; // A send needs no join, and without one its retries are blind.
    sender.rate_per_s = how.rate_per_s / static_cast<double>(how.senders);
    add("s", i, std::move(sender));
  }
  for (std::size_t i = 0; i < how.receivers; ++i)
    add("r", i, {.rooms = {i % rooms}, .joins = true});
  thread_ = std::thread{[this] { io_.run(); }};
}

crowd::~crowd() { end(); }

template <class F>
auto crowd::on_thread(F what) {
  using result_type = decltype(what());
  std::promise<result_type> result;
  boost::asio::post(io_, [&] {
    if constexpr (std::is_void_v<result_type>) {
      what();
      result.set_value();
    } else {
      result.set_value(what());
    }
  });
  return result.get_future().get();
}

void crowd::start() {
  on_thread([this] {
    around_.sending = true;
    for (auto& one : devices_)
      one->start();
  });
}

void crowd::fault(fault_kind kind, const std::string& what) {
  on_thread([&] {
    checker::event made;
    made.ev = checker::happening::fault;
    made.what = what;
    around_.recorder->append(std::move(made));
    around_.pauses.fault(kind, steady_us());
  });
}

crowd::figures crowd::look() {
  return on_thread([this] {
    figures now;
    now.acked = around_.acked;
    now.refused = around_.refused;
    now.in_memory = around_.in_memory;
    now.lost = around_.streams.lost();
    now.doubled = around_.streams.doubled();
    now.out_of_order = around_.streams.out_of_order();
    now.alive = around_.pauses.all_alive();
    now.pauses = around_.pauses.rows();
    for (const auto& one : devices_) {
      now.online += one->online();
      now.incomplete += !one->complete();
    }
    return now;
  });
}

void crowd::cuts() {
  on_thread([this] {
    ++cuts_;
    for (std::size_t i = cuts_ % 3; i < devices_.size(); i += 3)
      devices_[i]->cut();
  });
}

void crowd::sends_twice(bool now) {
  on_thread([&] { around_.twice = now; });
}

void crowd::stop_sending() {
  on_thread([this] { around_.sending = false; });
}

void crowd::settled() {
  on_thread([this] {
    checker::event made;
    made.ev = checker::happening::settled;
    around_.recorder->append(std::move(made));
  });
}

void crowd::end() {
  if (!thread_.joinable())
    return;
  on_thread([this] { devices_.clear(); });
  work_.reset();
  io_.stop();
  thread_.join();
}

std::string crowd::troubles() {
  return on_thread([this] {
    std::string text;
    for (const auto& one : devices_)
      if (!one->complete())
        text += one->describe();
    return text;
  });
}

std::filesystem::path crowd::close_recording() {
  const auto file = around_.recorder->file();
  around_.recorder.reset();
  return file;
}

} // namespace troupe::prove
