#include "storage/write_lock.hpp"

#include <condition_variable>
#include <mutex>
#include <sys/file.h>
#include <system_error>
#include <thread>

namespace troupe::storage {

namespace {

using namespace std::chrono_literals;

/// A woken waiter is there sooner; a commit takes longer.
constexpr auto courtesy = 200us;
constexpr auto others_remembered_for = 1s;

} // namespace

/// Stands in the queue for somebody who may give up, and hands the lock over.
class write_lock::deputy {
public:
  explicit deputy(const std::string& path) : file_(path) {}

  static std::shared_ptr<deputy> started(const std::string& path) {
    auto made = std::make_shared<deputy>(path);
    std::thread{[made] { made->work(); }}.detach(); // It may be in the queue behind a process that never goes on.
    return made;
  }

  /// False when the time is over; the place in the queue is kept for the next one who asks.
  bool take(std::chrono::milliseconds at_most) {
    std::unique_lock hold{mutex_};
    wanted_ = true;
    changed_.notify_all();
    const bool got = changed_.wait_for(hold, at_most, [this] { return held_; });
    wanted_ = false;
    return got;
  }

  void give_back() {
    const std::lock_guard hold{mutex_};
    file_.give_back();
    held_ = false;
    changed_.notify_all();
  }

  void end() {
    const std::lock_guard hold{mutex_};
    ended_ = true;
    changed_.notify_all();
  }

private:
  void work() {
    std::unique_lock hold{mutex_};
    for (;;) {
      changed_.wait(hold, [this] { return ended_ || (wanted_ && !held_); });
      if (ended_)
        return;
      hold.unlock();
      const bool got = wait_in_queue();
      hold.lock();
      if (!got || !wanted_) {
        if (got)
          file_.give_back();
        wanted_ = false;
        continue;
      }
      held_ = true;
      changed_.notify_all();
    }
  }

  bool wait_in_queue() {
    try {
      return file_.take(LOCK_EX);
    } catch (const std::system_error&) {
      return false; // Who waits hears that the time is over.
    }
  }

  lock_file file_; ///< Of its own: a lock belongs to the open file, not to the process.
  std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_ = false;
  bool held_ = false;
  bool ended_ = false;
};

write_lock::~write_lock() {
  if (deputy_)
    deputy_->end();
}

void write_lock::step_back() const {
  const auto now = clock::now();
  if (now < others_until_ && now - given_back_ < courtesy)
    std::this_thread::sleep_for(courtesy - (now - given_back_));
}

write_lock::guard::guard(write_lock& of) : of_(of) {
  of_.step_back();
  held_ = of_.file_.take(LOCK_EX | LOCK_NB);
  if (held_)
    return;
  of_.others_until_ = clock::now() + others_remembered_for;
  held_ = of_.file_.take(LOCK_EX);
}

write_lock::guard::guard(write_lock& of, std::chrono::milliseconds at_most) : of_(of), by_deputy_(true) {
  if (!of_.deputy_)
    of_.deputy_ = deputy::started(of_.path_);
  held_ = of_.deputy_->take(at_most);
}

write_lock::guard::~guard() {
  if (!held_)
    return;
  if (by_deputy_) {
    of_.deputy_->give_back();
  } else {
    of_.file_.give_back();
    of_.given_back_ = clock::now();
  }
}

} // namespace troupe::storage
