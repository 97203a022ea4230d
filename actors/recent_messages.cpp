#include "actors/recent_messages.hpp"

#include <xxhash.h>

#include <algorithm>
#include <utility>

namespace troupe::actors {

namespace {

std::uint32_t short_hash(const send_name& name) noexcept { return static_cast<std::uint32_t>(hash_of(name)); }

send_name name_of(const recent_message& message) { return {message.user, message.cid.view()}; }

} // namespace

cid_text::cid_text(std::string_view text) : size_(static_cast<std::uint8_t>(std::min(text.size(), length))) {
  std::copy_n(text.data(), size_, text_.data());
}

recent_message recent_of(const storage::record& r) {
  return {r.seq, r.time, r.user, cid_text{r.cid}, r.kind, r.target, r.salt, r.digest, r.chain, r.redacted};
}

std::uint64_t hash_of(const send_name& name) noexcept {
  return XXH3_64bits_withSeed(name.cid.data(), name.cid.size(), XXH3_64bits(name.user.data(), name.user.size()));
}

const recent_message* recent_messages::find(seq_t seq) const noexcept {
  return seq >= first_ && seq < first_ + size_ ? &ring_[slot(seq)] : nullptr;
}

const recent_message* recent_messages::find(const send_name& name) const noexcept {
  const auto hash = short_hash(name);
  for (auto i = names_.begin(); (i = std::find(i, names_.end(), hash)) != names_.end(); ++i) {
    const auto& there = ring_[static_cast<std::size_t>(i - names_.begin())];
    if (find(there.seq) == &there && name_of(there) == name)
      return &there;
  }
  return nullptr;
}

void recent_messages::add(recent_message what) {
  if (size_ == held_max) {
    ++first_;
    --size_;
  } else if (size_ == ring_.size()) {
    grow();
  }
  if (size_ == 0)
    first_ = what.seq;
  const auto at = slot(what.seq);
  names_[at] = short_hash(name_of(what));
  ring_[at] = std::move(what);
  ++size_;
}

void recent_messages::grow() {
  constexpr std::size_t at_first = 4;
  std::vector<recent_message> larger(ring_.empty() ? at_first : 2 * ring_.size());
  std::vector<std::uint32_t> names(larger.size());
  for (seq_t seq = first_; seq < first_ + size_; ++seq) {
    const auto to = seq & (larger.size() - 1);
    names[to] = names_[slot(seq)];
    larger[to] = std::move(ring_[slot(seq)]);
  }
  ring_.swap(larger);
  names_.swap(names);
}

void recent_messages::clear() { *this = {}; }

} // namespace troupe::actors
