// moderate: words that nobody may say here.
#include "actors/middleware/built_in.hpp"
#include "actors/middleware/word_list.hpp"
#include "actors/sequencer.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace troupe::actors {

namespace {

using protocol::code;
using protocol::retry;

/// Refuses messages and edits with a word of a list. It never changes a body.
///
/// Needs: nothing. Provides: nothing. Blocks: no; linear in the body. State: none, the list never changes.
/// Answers: forbidden, without repeating the word.
class moderate final : public step {
public:
  explicit moderate(std::shared_ptr<const word_list> words) : words_(std::move(words)) {}

  verdict admit(passage& what) override {
    const auto* send = std::get_if<protocol::client::send>(&what.request);
    if (!send || (send->kind && *send->kind != "text" && *send->kind != "edit") || !words_->occurs_in(send->body))
      return pass{};
    return refuse{
      refusal(code::forbidden, "the message has a word that is not allowed here: say it without", retry::never)};
  }

private:
  std::shared_ptr<const word_list> words_;
};

std::shared_ptr<const word_list> words_of(const config::moderate_options& options) {
  auto entries = options.words;
  if (!options.word_file.empty())
    for (auto& entry : read_word_file(options.word_file))
      entries.push_back(std::move(entry));
  try {
    return std::make_shared<const word_list>(entries);
  } catch (const std::invalid_argument& e) {
    throw std::runtime_error(std::string{"the words of moderate: "} + e.what());
  }
}

/// The list for all I/O threads; made anew when the options name other words or another file. The check of a
/// configuration makes it already, so that no I/O thread has to.
class shared_words {
public:
  /// Errors: as words_of.
  std::shared_ptr<const word_list> of(const config::moderate_options& wanted) {
    const std::lock_guard lock(mutex_);
    if (words_ && wanted.words == options_.words && wanted.word_file == options_.word_file)
      return words_;
    words_ = words_of(wanted);
    options_ = wanted;
    return words_;
  }

private:
  std::mutex mutex_;
  config::moderate_options options_;
  std::shared_ptr<const word_list> words_;
};

} // namespace

step_kind moderate_step() {
  step_traits traits;
  traits.name = "moderate";
  traits.purpose = "refuses messages with a word of a list";
  traits.verbs = {verb::send};
  traits.price = cost::moderate;
  const auto words = std::make_shared<shared_words>();
  const auto objection = [words](const config::options& options) -> std::optional<std::string> {
    try {
      words->of(options.moderate);
      return std::nullopt;
    } catch (const std::exception& e) {
      return e.what();
    }
  };
  return {
    std::move(traits),
    [words](const step_surroundings& here) { return std::make_unique<moderate>(words->of(here.options.moderate)); },
    objection};
}

} // namespace troupe::actors
