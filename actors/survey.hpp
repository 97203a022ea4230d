#pragma once

#include <functional>
#include <utility>

namespace troupe::actors {

/// A report that several actors fill in, each its own part. It is passed along as a shared pointer,
/// and is handed to `then` when the last of them has let go of it: an actor that ends instead of
/// answering leaves its part empty and keeps nobody waiting.
///
/// Threading: each part has one writer; `then` runs on the thread of whoever was last.
template <class Report>
class survey {
public:
  survey(Report start, std::function<void(const Report&)> then) : report(std::move(start)), then_(std::move(then)) {}
  ~survey() { then_(report); }
  survey(const survey&) = delete;
  survey& operator=(const survey&) = delete;

  Report report;

private:
  std::function<void(const Report&)> then_;
};

} // namespace troupe::actors
