#include "tests/support/load.hpp"

#include "checker/observed.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <future>
#include <random>

namespace troupe::tests {

/// One sender or receiver.
class load::device final : public client::session_events {
public:
  enum class part { speaker, listening_speaker, listener, slow_listener };

  device(load& owner, std::string name, std::vector<std::string> rooms, part plays)
    : owner_{owner}, name_{std::move(name)}, rooms_{std::move(rooms)}, plays_{plays}, timer_{owner.io_},
      random_{owner.how_.seed * 7919 + std::hash<std::string>{}(name_)},
      session_{owner.io_,
               owner.nodes_for(owner.devices_.size()),
               {.user = name_,
                .sdk = "load",
                .backoff_first_ms = 20,
                .backoff_most_ms = 200,
                .random = [this] { return random_(); }},
               *this,
               [this] { return watch(); },
               {.receive_buffer_bytes = plays == part::slow_listener ? 4096 : 0}} {}

  void start() {
    if (plays_ != part::speaker)
      for (const auto& room : rooms_)
        session_.join(room);
    session_.start();
    if (plays_ == part::speaker || plays_ == part::listening_speaker)
      speak();
  }

  bool complete() const {
    if (!session_.state().unsent().empty())
      return false;
    if (plays_ == part::speaker)
      return true;
    for (const auto& room : rooms_) {
      if (!session_.state().caught_up(room))
        return false;
      const auto highest = owner_.highest_.find(room);
      if (highest != owner_.highest_.end() && session_.state().where(room)->seq < highest->second)
        return false;
    }
    return true;
  }

  bool online() const { return session_.state().state() == client::link_state::online; }

  void cut() {
    if (session_.socket())
      session_.socket()->cut();
  }

  void read_on() {
    paused_ = false;
    if (plays_ == part::slow_listener && session_.socket())
      session_.socket()->resume_reading();
  }

  std::string state() const {
    std::string text = name_ + ": state " + std::to_string(static_cast<int>(session_.state().state())) + ", " +
                       std::to_string(session_.state().unsent().size()) + " un-acked";
    for (const auto& room : rooms_) {
      const auto at = session_.state().where(room);
      const auto highest = owner_.highest_.find(room);
      text += ", " + room + " at " + (at ? std::to_string(at->seq) : "?") + " of " +
              std::to_string(highest == owner_.highest_.end() ? 0 : highest->second) +
              (session_.state().caught_up(room) ? "" : " (behind)");
    }
    return text + '\n';
  }

private:
  client::connection_events watch() {
    auto seen = std::make_shared<std::optional<checker::observed_connection>>();
    return {.opened = [this, seen] { seen->emplace(owner_.into_, name_, name_); },
            .received =
              [seen](const protocol::push& what) {
                if (*seen)
                  (*seen)->received(what);
              },
            .lost =
              [seen](const client::loss& how) {
                if (*seen)
                  (*seen)->lost(std::to_string(how.code));
              },
            .sending =
              [seen](const protocol::request& what) {
                if (*seen)
                  (*seen)->sending(what);
              }};
  }

  void speak() {
    if (!owner_.sending_)
      return;
    if (session_.state().unsent().size() < owner_.how_.under_way) {
      auto body = name_ + " says " + std::to_string(++said_);
      body.resize(std::max(body.size(), owner_.how_.body_bytes), '.');
      session_.send({.room = rooms_[said_ % rooms_.size()], .body = std::move(body)});
    }
    timer_.expires_after(owner_.how_.pause);
    timer_.async_wait([this, alive = std::weak_ptr<bool>{alive_}](boost::system::error_code failed) {
      if (!failed && !alive.expired())
        speak();
    });
  }

  void on_joined(const protocol::server::joined&) override {
    if (plays_ == part::slow_listener && paused_)
      session_.socket()->pause_reading();
  }
  void on_sent(const client::receipt& what) override {
    ++owner_.acked_;
    auto& highest = owner_.highest_[what.room];
    highest = std::max(highest, what.seq);
  }
  void on_refused(const protocol::client::send&, const protocol::server::error&) override { ++owner_.refused_; }
  void on_message(const std::string& room, const client::entry& what, client::source) override {
    auto& highest = owner_.highest_[room];
    highest = std::max(highest, what.seq);
  }

  load& owner_;
  std::string name_;
  std::vector<std::string> rooms_;
  part plays_;
  bool paused_ = true;
  std::uint64_t said_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true); ///< A timer that fired already still comes.
  boost::asio::steady_timer timer_;
  std::mt19937_64 random_;
  client::session session_;
};

load::load(options how, checker::recorder& into)
  : how_{std::move(how)}, into_{into}, work_{boost::asio::make_work_guard(io_)} {
  const auto all = rooms();
  const auto some = [&](unsigned first) {
    std::vector<std::string> chosen;
    for (unsigned i = 0; i < std::min(how_.rooms_each, how_.rooms); ++i)
      chosen.push_back(all[(first + i) % all.size()]);
    return chosen;
  };
  using part = device::part;
  const auto add = [&](unsigned count, const std::string& name, auto plays) {
    for (unsigned i = 0; i < count; ++i)
      devices_.push_back(std::make_unique<device>(*this, name + std::to_string(i), some(i), plays(i)));
  };
  add(how_.senders, "sender-",
      [&](unsigned i) { return how_.half_join && i % 2 == 1 ? part::speaker : part::listening_speaker; });
  add(how_.receivers, "receiver-", [](unsigned) { return part::listener; });
  add(how_.slow, "slow-", [](unsigned) { return part::slow_listener; });
  thread_ = std::thread{[this] { io_.run(); }};
}

load::~load() { end(); }

template <class F>
auto load::on_thread(F what) {
  std::promise<decltype(what())> result;
  boost::asio::post(io_, [&] { result.set_value(what()); });
  return result.get_future().get();
}

void load::start() {
  on_thread([this] {
    sending_ = true;
    for (auto& one : devices_)
      one->start();
    return true;
  });
}

void load::stop_sending() {
  on_thread([this] { return sending_ = false; });
}

bool load::progresses(std::uint64_t more, std::chrono::milliseconds within) {
  const auto goal = acked() + more;
  const auto until = std::chrono::steady_clock::now() + within;
  while (acked() < goal && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  return acked() >= goal;
}

bool load::settles(std::chrono::milliseconds within) {
  const auto until = std::chrono::steady_clock::now() + within;
  while (std::chrono::steady_clock::now() < until) {
    const bool done = on_thread([this] {
      for (const auto& one : devices_)
        if (!one->complete())
          return false;
      checker::event what;
      what.ev = checker::happening::settled;
      into_.append(what);
      return true;
    });
    if (done)
      return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return false;
}

void load::cuts_all() {
  on_thread([this] {
    for (auto& one : devices_)
      one->cut();
    return true;
  });
}

void load::slow_ones_read() {
  on_thread([this] {
    for (auto& one : devices_)
      one->read_on();
    return true;
  });
}

unsigned load::online() {
  return on_thread([this] {
    unsigned count = 0;
    for (const auto& one : devices_)
      count += one->online();
    return count;
  });
}

std::string load::state() {
  return on_thread([this] {
    std::string text;
    for (const auto& one : devices_)
      if (!one->complete())
        text += one->state();
    return text;
  });
}

void load::end() {
  if (!thread_.joinable())
    return;
  on_thread([this] {
    sending_ = false;
    devices_.clear();
    return true;
  });
  work_.reset();
  io_.stop();
  thread_.join();
}

std::vector<client::endpoint> load::nodes_for(std::size_t device) const {
  auto nodes = how_.others;
  nodes.insert(nodes.begin(), how_.where);
  std::rotate(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(device % nodes.size()), nodes.end());
  return nodes;
}

std::vector<std::string> load::rooms() const {
  std::vector<std::string> all;
  for (unsigned i = 0; i < how_.rooms; ++i)
    all.push_back(how_.room_prefix + '-' + std::to_string(i));
  return all;
}

} // namespace troupe::tests
