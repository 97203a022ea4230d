#include "apps/troupe/prove/chapter.hpp"

#include "apps/troupe/prove/final_history.hpp"
#include "apps/troupe/prove/stored_terms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <system_error>

namespace troupe::prove {

chapter::chapter(const settings& how, const std::string& run, std::size_t number, std::size_t rooms_before,
                 std::size_t faults_before, const std::vector<client::endpoint>& nodes,
                 const std::filesystem::path& directory)
  : how_(how), rooms_before_(rooms_before), faults_before_(faults_before) {
  const auto count = std::min({how.crowds, how.rooms, how.senders});
  const auto share = [&](std::size_t of, std::size_t i) { return of * (i + 1) / count - of * i / count; };
  for (std::size_t i = 0; i < count; ++i) {
    crowd::options one;
    one.name = fmt::format("prove.{}.{}.{}", run, number, i);
    one.nodes = nodes;
    first_room_.push_back(rooms_.size());
    for (std::size_t room = 0; room < share(how.rooms, i); ++room)
      one.rooms.push_back(fmt::format("prove/{}/{}/{}", how.seed, run, rooms_before + first_room_.back() + room));
    rooms_.insert(rooms_.end(), one.rooms.begin(), one.rooms.end());
    one.senders = share(how.senders, i);
    one.receivers = share(how.receivers, i);
    one.rate_per_s = how.rate_per_s * static_cast<double>(one.senders) / static_cast<double>(how.senders);
    one.body_bytes = how.body_bytes;
    one.seed = (how.seed * 1'000'003 + number) * 1'009 + i;
    one.recording = directory / fmt::format("chapter-{}-crowd-{}.jsonl", number + 1, i);
    crowds_.push_back(std::make_unique<crowd>(std::move(one)));
  }
}

void chapter::start() {
  for (auto& one : crowds_)
    one->start();
}

void chapter::add_to(totals& all) {
  for (std::size_t i = 0; i < crowds_.size(); ++i)
    all.add(crowds_[i]->look(), rooms_before_ + first_room_[i], faults_before_);
}

void chapter::fault(fault_kind kind, const std::string& words) {
  for (auto& one : crowds_)
    one->fault(kind, words);
}

void chapter::cuts() {
  for (auto& one : crowds_)
    one->cuts();
}

void chapter::sends_twice(bool now) {
  for (auto& one : crowds_)
    one->sends_twice(now);
}

void chapter::stop_sending() {
  for (auto& one : crowds_)
    one->stop_sending();
}

void chapter::settled() {
  for (auto& one : crowds_)
    one->settled();
}

std::string chapter::troubles() {
  std::string text;
  for (auto& one : crowds_)
    text += one->troubles();
  return text;
}

void chapter::judge(outcome& what, const std::function<std::vector<client::endpoint>()>& nodes) {
  const auto attempt = [&](const std::string& of, auto&& step) {
    try {
      step();
    } catch (const std::exception& why) {
      what.troubles.push_back(of + ": " + why.what());
    }
  };
  for (auto& one : crowds_) {
    one->end();
    attempt("the terms of the stored rows", [&] { record_stored_terms(one->recording(), how_.data, one->rooms()); });
    for (const auto& room : one->rooms())
      attempt(room, [&] { record_final_history(one->recording(), room, "prove." + what.run, nodes); });
    const auto file = one->close_recording();
    checker::verdict verdict;
    const auto troubles_before = what.troubles.size();
    attempt(file.string(), [&] { verdict = checker::check(checker::read_history(file)); });
    if (verdict.counts.beyond_log > 0)
      what.troubles.push_back(fmt::format(
        "{} acks of {} could not be compared with the log, which had dropped their messages: shorten the chapters, "
        "use more rooms or a lower rate, or raise rooms.history_count",
        verdict.counts.beyond_log, file.string()));
    const bool good = verdict.passed() && what.troubles.size() == troubles_before;
    merge(what.verdict, verdict);
    if (good && how_.keep.empty()) {
      std::error_code ignored;
      std::filesystem::remove(file, ignored);
    } else {
      what.recordings.push_back(file.string());
    }
  }
}

} // namespace troupe::prove
