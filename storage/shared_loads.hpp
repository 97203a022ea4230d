// storage/shared_loads.hpp
//
// Many who ask the same at the same time are one question.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace troupe::storage {

/// Who waits for which answer.
///
/// A question that is asked before its read has started joins it; one that comes later
/// is a new read, so nobody gets an answer that is older than the question.
/// Threading: any thread.
/// Overload:  `ask` refuses one past `waiting_max` over all questions.
template <class Question, class Answer>
class shared_loads {
public:
  using answer = std::function<void(Answer)>;
  enum class role { starts, joins, refused };

  explicit shared_loads(std::size_t waiting_max) : waiting_max_(waiting_max) {}

  /// Takes `then` unless it is refused. Who `starts` has to see to the read.
  role ask(const Question& what, answer&& then) {
    const std::lock_guard guard{lock_};
    if (count_ >= waiting_max_)
      return role::refused;
    ++count_;
    auto& waiting = waiting_[what];
    waiting.push_back(std::move(then));
    return waiting.size() == 1 ? role::starts : role::joins;
  }

  /// The read starts now: those who are to get its answer.
  std::vector<answer> start(const Question& what) {
    const std::lock_guard guard{lock_};
    auto taken = waiting_.extract(what);
    if (taken.empty())
      return {};
    count_ -= taken.mapped().size();
    return std::move(taken.mapped());
  }

private:
  const std::size_t waiting_max_;
  std::mutex lock_;
  std::size_t count_ = 0;
  std::map<Question, std::vector<answer>> waiting_;
};

} // namespace troupe::storage
