// apps/troupe/chat/conversation.hpp
//
// A person at a terminal, in rooms: what is typed becomes requests, what happens becomes lines.
#pragma once

#include "apps/troupe/chat/sending_report.hpp"
#include "apps/troupe/chat/words.hpp"
#include "client/session.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>

namespace troupe::chat {

/// What a conversation needs of the terminal.
struct screen {
  std::function<void(std::string_view line)> print;
  std::function<void(std::string prompt)> prompt;
  palette colours;
};

/// Threading: that of the session it is given to.
class conversation final : public client::session_events {
public:
  conversation(screen show, std::string user);

  /// Before anything else; the session outlives the conversation's use.
  void use(client::session& with) { session_ = &with; }
  void enter(const std::string& room);
  /// False when the person wants to quit.
  bool typed(const std::string& line);
  void typing();
  bool ended() const { return ended_; }
  /// What was not done of what was typed, as far as a conversation sees it; complete once it has ended.
  sending_report report() const;

private:
  struct room_view {
    std::set<std::string> users;
    std::string day;
    client::seq_t oldest = 0; ///< Shown.
    client::seq_t newest = 0;
    client::seq_t own = 0; ///< One's own last message, for /edit and /delete.
    bool joined = false;
    std::map<std::string, client::time_ms> typed; ///< When "is typing" was last shown of whom.
  };

  void on_state(client::link_state to, const std::string& why, std::int64_t retry_ms) override;
  void on_welcome(const protocol::server::welcome& what) override;
  void on_joined(const protocol::server::joined& what) override;
  void on_left(const std::string& room, const std::string& why) override;
  void on_message(const std::string& room, const client::entry& what, client::source how) override;
  void on_discontinuity(const std::string& room) override;
  void on_refused(const protocol::client::send& what, const protocol::server::error& why) override;
  void on_presence(const protocol::server::presence& what) override;
  void on_typing(const protocol::server::typing& what) override;
  void on_activity(const protocol::server::activity& what) override;
  void on_rooms(const protocol::server::rooms& what) override;
  void on_page(const protocol::server::page& what) override;
  void on_error(const protocol::server::error& what) override;

  void say(protocol::client::send what);
  void change(const char* kind, const input& meant);
  void refuse(const std::string& why);
  void show(const std::string& room, const client::entry& what, bool live);
  void note(const std::string& room, const std::string& text);
  void show_prompt();
  std::string place(const std::string& room) const;

  screen show_;
  std::string user_;
  client::session* session_ = nullptr;
  std::string current_;
  std::map<std::string, room_view> rooms_;
  sending_report seen_; ///< Without what the outbox knows.
  bool ended_ = false;
  bool online_ = false;
  bool was_online_ = false;
};

} // namespace troupe::chat
