// access_log: a line for each request, when it has ended.
#include "actors/middleware/built_in.hpp"
#include "actors/middleware/chains.hpp"
#include "actors/middleware/line_writer.hpp"
#include "actors/middleware/log_text.hpp"
#include "actors/services.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::actors {

namespace {

/// Writes the fields of a line one after another, as `name=value` or as JSON.
class log_line {
public:
  log_line(std::string& to, bool json) : to_(to), json_(json) {
    if (json_)
      to_ += '{';
  }

  void word(std::string_view name, std::string_view value) {
    begin(name);
    if (!json_)
      return append_word(to_, value);
    to_ += '"';
    append_escaped(to_, value);
    to_ += '"';
  }

  template <class Number>
  void number(std::string_view name, Number value) {
    begin(name);
    to_ += std::to_string(value);
  }

  void end() {
    if (json_)
      to_ += '}';
  }

private:
  void begin(std::string_view name) {
    if (!std::exchange(first_, false))
      to_ += json_ ? ',' : ' ';
    if (json_)
      to_ += '"';
    to_ += name;
    to_ += json_ ? "\":" : "=";
  }

  std::string& to_;
  bool json_;
  bool first_ = true;
};

/// Says who asked for what, when, how it ended and how long it took; of a body only how long it is.
///
/// Needs: nothing; the user is named when `authenticate` knows them. Provides: nothing. Blocks: no, a thread of its own
/// writes. State: none. Answers: nothing.
class access_log final : public step {
public:
  access_log(services& around, std::shared_ptr<line_writer> to, bool json)
    : around_(around), to_(std::move(to)), json_(json) {}

  verdict admit(passage&) override { return pass{}; }

  void settle(const passage& what, const outcome& how) override {
    line_.clear();
    log_line line{line_, json_};
    if (const auto now = around_.now(); now != written_at_) {
      written_at_ = now;
      time_.clear();
      append_time(time_, now);
    }
    line.word("time", time_);
    line.word("node", around_.options.node);
    line.number("connection", what.by.id);
    line.word("user", what.who().user);
    line.word("endpoint", path_of(what.from));
    line.word("verb", name_of(what.what));
    line.word("room", what.room());
    line.word("outcome", boost::describe::enum_to_string(how.how, ""));
    if (how.why)
      line.word("code", boost::describe::enum_to_string(*how.why, ""));
    if (!how.failed_step.empty())
      line.word("failed_step", how.failed_step);
    line.number("took_us", how.took_us);
    line.number("body_bytes", what.body_bytes);
    line.end();
    to_->put(line_);
  }

private:
  services& around_;
  std::shared_ptr<line_writer> to_;
  bool json_;
  std::string line_;
  std::string time_; ///< Of `written_at_`, as text: many requests come in one millisecond.
  time_ms written_at_ = -1;
};

using writer_for = std::function<std::shared_ptr<line_writer>(const step_surroundings&)>;

step_kind kind_with(writer_for writer) {
  step_traits traits;
  traits.name = "access_log";
  traits.purpose = "a line for each request: who asked for what, how it ended, how long it took";
  traits.settles = true;
  traits.fails = false;
  return {std::move(traits), [writer = std::move(writer)](const step_surroundings& here) {
            return std::make_unique<access_log>(here.node, writer(here), here.options.access_log.format == "json");
          }};
}

} // namespace

step_kind access_log_step(std::shared_ptr<line_writer> to) {
  return kind_with([to = std::move(to)](const step_surroundings&) { return to; });
}

step_kind access_log_step() {
  return kind_with([](const step_surroundings& here) {
    const auto& how = here.options.access_log;
    return here.node.logs.get("access_log", how.sink, [&] {
      const auto warn = [&node = here.node, sink = how.sink] {
        node.warn("access_log: " + sink + " cannot be written; lines are lost and counted");
      };
      return std::make_shared<line_writer>(open_sink(how.sink), line_writer::rules{how.queue_max},
                                           here.node.counters.access_log_dropped, warn);
    });
  });
}

} // namespace troupe::actors
