// tests/support/simulated_person.hpp
#pragma once

#include "checker/observed.hpp"
#include "client/session_core.hpp"
#include "tests/support/simulated_socket.hpp"
#include "tests/support/stage.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace troupe::tests {

/// A device of a user with the real client's core, at a simulated socket. Everything it says and hears is recorded.
class simulated_person final : public client::session_events {
public:
  struct surroundings {
    stage& world;
    checker::event_sink& record;
    std::function<socket_host*()> finds_node; ///< Somebody to connect to; null: nobody answers.
  };

  /// `joins` is false for one who only sends: a send needs no join, and its retries are blind.
  simulated_person(surroundings around, std::string user, std::string device, std::vector<std::string> rooms,
                   bool joins);
  ~simulated_person() override;

  const std::string& user() const noexcept { return user_; }
  const std::string& device() const noexcept { return device_; }
  const std::vector<std::string>& rooms() const noexcept { return rooms_; }
  bool joins() const noexcept { return joins_; }

  void starts();
  /// Says and does things now and then, until it is told to be calm.
  void lives();
  /// Is back in all its rooms, reads, and does nothing more on its own.
  void calms_down();
  /// Closes its device for good.
  void goes();
  bool gone() const noexcept { return gone_; }
  void says(const std::string& room, const std::string& what = {});
  void cuts();
  /// False while it has no connection.
  bool moderates(protocol::client::moderate what);

  /// Who is in a room, as this device was told; nothing when it was not told, or is asking.
  std::optional<std::set<std::string>> present_in(const std::string& room) const;
  bool joined(const std::string& room) const { return core_.joined(room); }
  /// As the room said when it was joined last.
  std::string role_in(const std::string& room) const;
  std::optional<protocol::position> where(const std::string& room) const { return core_.where(room); }
  bool has_everything(const std::string& room) const { return core_.caught_up(room); }
  std::size_t unsent() const { return core_.unsent().size(); }
  std::size_t acked() const noexcept { return acked_; }
  /// Why it was sent away, and what was refused for good, since the last time somebody asked.
  std::vector<std::string> take_refusals() { return std::exchange(refusals_, {}); }
  /// Requests of this connection that have no answer yet.
  const std::map<protocol::request_id, std::string>& unanswered() const noexcept { return unanswered_; }
  /// For messages of failed tests.
  std::string state() const;

  // -- session_events --
  void on_joined(const protocol::server::joined& what) override;
  void on_left(const std::string& room, const std::string& why) override;
  void on_sent(const client::receipt& what) override;
  void on_refused(const protocol::client::send& what, const protocol::server::error& why) override;
  void on_presence(const protocol::server::presence& what) override;

private:
  struct presence {
    std::uint64_t version = 0;
    std::set<std::string> users;
    bool asking = false;
  };

  void act();
  void names_target(const std::string& room);
  void leaves_for_a_while(const std::string& room);
  void stops_reading_for_a_while();
  void perform();
  void open();
  void drop();
  std::int64_t now() const { return world_.when.now(); }

  stage& world_;
  surroundings around_;
  std::string user_;
  std::string device_;
  std::vector<std::string> rooms_;
  bool joins_;
  client::session_core core_;
  std::shared_ptr<simulated_socket> socket_;
  std::shared_ptr<std::optional<checker::observed_connection>> seen_; ///< Of this socket, once it is open.
  std::map<protocol::request_id, std::string> unanswered_;
  std::vector<std::string> refusals_;
  std::map<std::string, presence> present_;
  std::map<std::string, std::string> roles_;
  std::optional<std::int64_t> tick_at_;
  std::uint64_t said_ = 0;
  std::size_t acked_ = 0;
  bool lives_ = false;
  bool gone_ = false;
  bool performing_ = false;
};

} // namespace troupe::tests
