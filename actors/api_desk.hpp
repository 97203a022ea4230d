// actors/api_desk.hpp
#pragma once

#include "actors/api.hpp"
#include "actors/cluster/operations_desk.hpp"
#include "actors/connection.hpp"
#include "actors/services.hpp"

#include <map>
#include <memory>
#include <vector>

namespace troupe::actors {

/// Answers the HTTP API (docs/openapi.json); what operators ask goes to the desk for operations. A request is an addressee for as long as it
/// waits, and takes the same way to a room as a connection's frame, through the chain of `/api`.
///
/// Threading: each I/O thread has its own exchanges.
/// Limits:    `exchanges_max` unanswered requests a thread; one past is 503. A request that
///            was not answered within `answer_within_ms` is 504.
class api_desk final : public api {
public:
  static constexpr std::size_t exchanges_max = 4'096;
  static constexpr std::int64_t answer_within_ms = 15'000;

  api_desk(services& around, door& numbers);
  ~api_desk() override;

  void call(std::size_t io_thread, api_request request, std::function<void(api_response)> then) override;

private:
  class exchange;
  class timekeeper;
  using exchanges = std::map<connection_id, std::unique_ptr<exchange>>;

  /// A request for a room, and who says so.
  struct asked {
    protocol::request request;
    std::string named;
    std::string bearer;
    std::string address;
  };

  void post_message(std::size_t io_thread, const std::string& room, const api_request& request,
                    std::function<void(api_response)> then);
  void moderate(std::size_t io_thread, const std::string& room, const api_request& request,
                std::function<void(api_response)> then);
  std::string fresh_cid() const;
  void get_messages(std::size_t io_thread, const std::string& room, const api_request& request,
                    std::function<void(api_response)> then);
  void ask(std::size_t io_thread, asked what, std::function<void(api_response)> then);
  exchange* open(std::size_t io_thread, const std::string& address, std::function<void(api_response)> then);
  void finish(connection_id id, api_response with);
  void sweep(std::size_t io_thread);

  services& around_;
  door& numbers_;
  operations_desk operations_;
  std::vector<exchanges> waiting_; ///< One per I/O thread, as all below.
  std::vector<std::unique_ptr<timekeeper>> timekeepers_;
};

} // namespace troupe::actors
