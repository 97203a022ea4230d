// A middleware step of one's own: nobody shouts. Build it, name the step in a configuration, and run the server.
//
//   [[routes]]
//   verb = "send"
//   steps = ["no_shouting"]
//
//   custom_step serve --config shouting.toml
#include "actors/middleware/step.hpp"
#include "apps/troupe/run.hpp"
#include "apps/troupe/steps.hpp"

#include <algorithm>
#include <cctype>

namespace {

using namespace troupe;

class no_shouting final : public actors::step {
public:
  actors::verdict admit(actors::passage& what) override {
    const auto& body = what.body();
    const auto letters = std::count_if(body.begin(), body.end(), [](unsigned char c) { return std::isalpha(c); });
    const auto loud = std::count_if(body.begin(), body.end(), [](unsigned char c) { return std::isupper(c); });
    if (letters > 3 && loud == letters)
      return actors::refuse{{{}, protocol::code::forbidden, "do not shout: write in small letters"}};
    return actors::pass{};
  }
};

} // namespace

int main(int argc, char** argv) {
  known_steps().add({{.name = "no_shouting", .purpose = "refuses messages in capitals", .verbs = {actors::verb::send}},
                     [](const auto&) { return std::make_unique<no_shouting>(); }});
  return run(argc, argv);
}
