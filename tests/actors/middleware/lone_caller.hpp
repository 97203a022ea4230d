// tests/actors/middleware/lone_caller.hpp
#pragma once

#include "actors/middleware/passage.hpp"
#include "actors/middleware/step.hpp"

#include <any>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe::tests {

/// Somebody who makes requests without a connection, and remembers what came of them.
struct lone_caller final : actors::passage_end {
  actors::requester by{1, 0, {"ann", nullptr}, {0, 1, 0}, {0, 1, 0}};
  std::vector<std::string> heard; ///< "passed", "answered", "broke", or the message of an error.
  std::vector<protocol::server::error> errors;
  std::vector<protocol::server::page> pages;
  bool takes_copies = true;

  actors::passage_ptr asks(protocol::request what, actors::shared_chain through = std::make_shared<actors::chain>()) {
    return new actors::passage{actors::endpoint::ws, std::move(what), by, *this, std::move(through), 0};
  }
  actors::passage_ptr says(std::string body, std::string kind = "text") {
    protocol::client::send send;
    send.id = ++ids_;
    send.room = "lounge";
    send.kind = std::move(kind);
    send.body = std::move(body);
    return asks(send);
  }

  void passed(actors::passage&) override { heard.push_back("passed"); }
  void refused(actors::passage&, protocol::server::error why) override {
    heard.push_back(why.message);
    errors.push_back(std::move(why));
  }
  void answered(actors::passage&, actors::to_connection::news with) override {
    heard.push_back("answered");
    if (auto* page = std::get_if<protocol::server::page>(&with))
      pages.push_back(std::move(*page));
  }
  void broke(actors::passage&) override { heard.push_back("broke"); }
  bool takes_copy(const actors::passage&) const override { return takes_copies; }

private:
  protocol::request_id ids_ = 0;
};

/// One step of a kind, without a supervisor.
class lone_step {
public:
  lone_step(const actors::step_kind& kind, actors::services& node, const config::options& options)
    : options_(options), step_(kind.make({options_, 0, memory_, node})) {}

  actors::step& operator*() { return *step_; }
  actors::step* operator->() { return step_.get(); }

  /// The error, or "" when it passes.
  std::string refusal_of(const actors::passage_ptr& what) {
    const auto how = step_->admit(*what);
    const auto* no = std::get_if<actors::refuse>(&how);
    return no ? no->why.message : "";
  }

private:
  config::options options_;
  std::any memory_;
  std::unique_ptr<actors::step> step_;
};

} // namespace troupe::tests
