// record: the requests that pass it, in a file, so that a load can be played again.
#include "actors/middleware/built_in.hpp"
#include "actors/middleware/chains.hpp"
#include "actors/middleware/line_writer.hpp"
#include "actors/middleware/log_text.hpp"
#include "actors/services.hpp"
#include "protocol/chain.hpp"

#include <openssl/sha.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::actors {

namespace {

void add(std::string& to, std::string_view name, std::string_view text) {
  ((to += ",\"") += name) += "\":\"";
  append_escaped(to, text);
  to += '"';
}

void add(std::string& to, std::string_view name, std::int64_t number) {
  (((to += ",\"") += name) += "\":") += std::to_string(number);
}

/// Requests by where they are in memory, with the line so far: what a send says has gone on when it ends.
using lines_under_way = std::map<const passage*, std::string>;

/// Writes a JSON object a line for each request, when it has ended: what was asked, by whom, when, how it ended. Tokens
/// are never in it; bodies when the configuration says so, else their length and SHA-256.
///
/// Needs: nothing; the user is named when `authenticate` stands outside. Provides: nothing. Blocks: no, a thread of its
/// own writes. State: what is under way. Answers: nothing. Limits: when the file cannot keep up the recording ends for
/// good, and its last line says so; requests go on.
class record final : public step {
public:
  record(std::shared_ptr<line_writer> to, std::shared_ptr<lines_under_way> under_way, bool bodies)
    : to_(std::move(to)), under_way_(std::move(under_way)), bodies_(bodies) {}

  verdict admit(passage& what) override {
    std::string line = "{\"at\":" + std::to_string(what.began);
    add(line, "connection", static_cast<std::int64_t>(what.by.id));
    add(line, "endpoint", path_of(what.from));
    add(line, "verb", name_of(what.what));
    if (!what.room().empty())
      add(line, "room", what.room());
    if (const auto* send = std::get_if<protocol::client::send>(&what.request))
      describe(*send, line);
    else if (const auto* fetch = std::get_if<protocol::client::fetch>(&what.request))
      describe(*fetch, line);
    under_way_->insert_or_assign(&what, std::move(line));
    return pass{};
  }

  void settle(const passage& what, const outcome& how) override {
    auto begun = under_way_->extract(&what);
    if (begun.empty())
      return;
    auto& line = begun.mapped();
    add(line, "user", what.who().user);
    add(line, "outcome", boost::describe::enum_to_string(how.how, ""));
    if (how.why)
      add(line, "code", boost::describe::enum_to_string(*how.why, ""));
    add(line, "took_us", how.took_us);
    line += '}';
    to_->put(line);
  }

private:
  void describe(const protocol::client::send& what, std::string& line) const {
    add(line, "cid", what.cid);
    add(line, "kind", what.kind.value_or("text"));
    if (what.reply_to)
      add(line, "reply_to", static_cast<std::int64_t>(*what.reply_to));
    if (what.target)
      add(line, "target", static_cast<std::int64_t>(*what.target));
    if (bodies_)
      return add(line, "body", what.body);
    protocol::digest_bytes digest{};
    SHA256(reinterpret_cast<const unsigned char*>(what.body.data()), what.body.size(), digest.data());
    add(line, "body_bytes", static_cast<std::int64_t>(what.body.size()));
    add(line, "body_sha256", protocol::to_hex(digest));
  }

  static void describe(const protocol::client::fetch& what, std::string& line) {
    if (what.after)
      add(line, "after", static_cast<std::int64_t>(*what.after));
    if (what.before)
      add(line, "before", static_cast<std::int64_t>(*what.before));
    add(line, "limit", what.limit);
    add(line, "raw", what.raw.value_or(false) ? 1 : 0);
  }

  std::shared_ptr<line_writer> to_;
  std::shared_ptr<lines_under_way> under_way_;
  bool bodies_;
};

using writer_for = std::function<std::shared_ptr<line_writer>(const step_surroundings&)>;

step_kind kind_with(writer_for writer) {
  step_traits traits;
  traits.name = "record";
  traits.purpose = "writes the requests that pass it into a file, so that the load can be played again";
  traits.state = scope::io_thread;
  traits.price = cost::moderate;
  traits.settles = true;
  return {std::move(traits), [writer = std::move(writer)](const step_surroundings& here) {
            return std::make_unique<record>(writer(here), here.remember<lines_under_way>(), here.options.record.bodies);
          }};
}

} // namespace

step_kind record_step(std::shared_ptr<line_writer> to) {
  return kind_with([to = std::move(to)](const step_surroundings&) { return to; });
}

step_kind record_step() {
  auto made = kind_with([](const step_surroundings& here) {
    const auto& how = here.options.record;
    return here.node.logs.get("record", how.directory, [&] {
      const auto& name = here.node.options.node;
      const auto path = how.directory + '/' + name + '-' + std::to_string(here.node.now()) + ".jsonl";
      const auto warn = [&node = here.node, path] {
        node.warn("record: " + path + " cannot be written: the recording ends");
      };
      line_writer::rules rules;
      rules.lines_max = how.queue_max;
      rules.first_line = "{\"recording\":1,\"node\":\"" + name + "\"}";
      rules.last_line = "{\"stopped\":\"the file could not keep up: the recording ends here\"}";
      return std::make_shared<line_writer>(open_sink(path), std::move(rules), here.node.counters.record_dropped, warn);
    });
  });
  made.objection = [](const config::options& options) -> std::optional<std::string> {
    if (options.record.directory.empty())
      return "record needs record.directory: where it writes";
    return std::nullopt;
  };
  return made;
}

} // namespace troupe::actors
