// apps/troupe/prove.cpp
//
// The command line of `troupe prove`; what it does is in apps/troupe/prove/.
#include "apps/troupe/commands.hpp"
#include "apps/troupe/prove/run.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <unistd.h>

namespace troupe {

namespace {

volatile std::sig_atomic_t asked_to_end = 0;
constexpr int ended_at_once = 130;

/// The first time the run ends in good order, with a verdict; the second time at once.
void ask_to_end(int) {
  if (asked_to_end != 0)
    ::_exit(ended_at_once);
  asked_to_end = 1;
}

int run_prove(const prove::settings& how) {
  ::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGINT, ask_to_end);
  std::signal(SIGTERM, ask_to_end);
  try {
    const auto what = prove::run(how, [] { return asked_to_end != 0; });
    const auto text = how.json ? to_json(how, what) + '\n' : to_text(how, what);
    std::fputs(text.c_str(), stdout);
    return what.passed() ? 0 : 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "troupe prove: %s\n", e.what());
    return 2;
  }
}

} // namespace

void add_prove(CLI::App& program) {
  auto* command = program.add_subcommand(
    "prove", "Hurts your own running nodes under load and proves that nothing acked is lost, doubled or reordered");
  auto how = std::make_shared<prove::settings>();
  auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("--data", how->data, "The directory the nodes share")->type_name("DIR")->capture_default_str();
  command->add_option("--minutes", how->minutes, "How long")->check(CLI::Range(0.01, 10'000.0))->capture_default_str();
  command
    ->add_option("--chapter-minutes", how->chapter_minutes,
                 "After so many the clients go to new rooms, and what was seen is judged")
    ->check(CLI::Range(0.1, 60.0))
    ->capture_default_str();
  command->add_option("--seed", how->seed, "Decides which faults come, and whom they hit")->capture_default_str();
  command
    ->add_option("--faults", *words,
                 "Only these: kill, freeze3, freeze8, freeze30, cut, twice, drain, roll, flap, kill2; say one twice to "
                 "have it twice as often")
    ->delimiter(',');
  command->add_option("--faults-max", how->faults_max, "End after so many (0: when the time is over)")
    ->capture_default_str();
  command->add_option("--rooms", how->rooms, "Of a chapter; each is sent to")
    ->check(CLI::Range(1, 10'000))
    ->capture_default_str();
  command->add_option("--senders", how->senders, "Clients that send, each to two rooms or more")
    ->check(CLI::Range(1, 10'000))
    ->capture_default_str();
  command->add_option("--receivers", how->receivers, "Clients that listen, each to one room")
    ->check(CLI::Range(0, 10'000))
    ->capture_default_str();
  command->add_option("--rate", how->rate_per_s, "Sends per second of all senders together")
    ->check(CLI::Range(0.1, 1e6))
    ->capture_default_str();
  command->add_option("--threads", how->crowds, "Of the clients; each has rooms and a recording of its own")
    ->check(CLI::Range(1, 64))
    ->capture_default_str();
  command->add_option("--body-bytes", how->body_bytes, "Of each message")
    ->check(CLI::Range(1, 16'000))
    ->capture_default_str();
  command->add_option("--keep", how->keep, "Keep the recordings there (a failed run keeps its own in any case)")
    ->type_name("DIR");
  command
    ->add_option(
      "--spare", how->spared,
      "Nodes that are left alone; the memory of one that lives through the run shows what faults leave behind")
    ->type_name("NODE")
    ->delimiter(',');
  command->add_flag("--yes", how->yes, "End nodes that nobody starts again, too; the last one is always left alone");
  command->add_flag("--json", how->json, "The summary as one JSON object");
  command->footer("Exit code 0: every promise was kept. 1: not, or nothing was tried. 2: it could not begin.\n"
                  "Ctrl-C ends the run early, with a verdict; a second one ends it at once.\n"
                  "Only processes of this machine that the directory names are touched.\n"
                  "Examples:\n"
                  "  troupe cluster --nodes 3           in another terminal\n"
                  "  troupe prove --minutes 10 --seed 7\n"
                  "  troupe prove --faults roll --faults-max 1\n"
                  "  troupe prove --minutes 60 --spare node-1");
  command->callback([how, words] {
    if (!words->empty())
      how->faults.clear();
    for (const auto& word : *words) {
      const auto kind = prove::fault_named(word);
      if (!kind)
        throw CLI::ValidationError("--faults", "there is no fault \"" + word + "\"");
      how->faults.push_back(*kind);
    }
    if (const auto failed = run_prove(*how))
      throw CLI::RuntimeError(failed);
  });
}

} // namespace troupe
