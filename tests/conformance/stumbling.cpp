// The program with one step more: `stumbles` throws at every 100th message.
#include "actors/middleware/step.hpp"
#include "apps/troupe/run.hpp"
#include "apps/troupe/steps.hpp"

#include <atomic>
#include <memory>
#include <stdexcept>

namespace {

using namespace troupe;

class stumbles final : public actors::step {
public:
  actors::verdict admit(actors::passage&) override {
    static std::atomic<unsigned> seen{0};
    if (++seen % 100 == 0)
      throw std::runtime_error("stumbled");
    return actors::pass{};
  }
};

} // namespace

int main(int argc, char** argv) {
  known_steps().add({{.name = "stumbles", .purpose = "throws at every 100th message", .verbs = {actors::verb::send}},
                     [](const auto&) { return std::make_unique<stumbles>(); }});
  return run(argc, argv);
}
