// transport/prompt_executor.hpp
#pragma once

#include "transport/asio.hpp"

#include <type_traits>
#include <utility>

namespace troupe::transport {

/// Runs what is "posted" at once, inside the call.
///
/// A read that Beast can answer from bytes it already has completes by posting. All reads of a thread share one
/// buffer, which another connection would overwrite before the posted completion ran. A completion with this
/// executor comes while the read is started; whoever starts it has to expect that.
class prompt_executor {
public:
  explicit prompt_executor(net::io_context& context) noexcept : context_{&context} {}

  net::execution_context& context() const noexcept { return *context_; }
  void on_work_started() const noexcept {}
  void on_work_finished() const noexcept {}

  template <class F, class Allocator>
  void dispatch(F&& work, const Allocator&) const {
    std::decay_t<F> taken{std::forward<F>(work)};
    taken();
  }

  template <class F, class Allocator>
  void post(F&& work, const Allocator& allocator) const {
    dispatch(std::forward<F>(work), allocator);
  }

  template <class F, class Allocator>
  void defer(F&& work, const Allocator& allocator) const {
    dispatch(std::forward<F>(work), allocator);
  }

  bool operator==(const prompt_executor&) const noexcept = default;

private:
  net::io_context* context_;
};

} // namespace troupe::transport
