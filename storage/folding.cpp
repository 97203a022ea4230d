#include "storage/folding.hpp"

#include <algorithm>
#include <utility>

namespace troupe::storage {

namespace {

bool is_change(std::string_view kind) { return kind == "edit" || kind == "delete" || kind == "reaction"; }

protocol::entry entry_without_body(const record& event) {
  protocol::entry shown;
  shown.seq = event.seq;
  shown.from = event.user;
  shown.cid = event.cid;
  shown.time = event.time;
  shown.kind = event.kind;
  if (event.reply_to != 0)
    shown.reply_to = event.reply_to;
  if (event.target != 0)
    shown.target = event.target;
  if (event.redacted)
    shown.deleted = true;
  return shown;
}

/// Adds `user` to the reaction `emoji`; false when it was there already.
bool add_reaction(std::vector<protocol::reaction>& all, const std::string& emoji, const std::string& user) {
  auto same = std::find_if(all.begin(), all.end(), [&](const auto& r) { return r.emoji == emoji; });
  if (same == all.end())
    same = all.insert(all.end(), {emoji, {}});
  if (std::find(same->users.begin(), same->users.end(), user) != same->users.end())
    return false;
  same->users.push_back(user);
  return true;
}

void fold_into_message(page_source& log, protocol::entry& shown, seq_t up_to) {
  std::vector<protocol::reaction> reactions;
  std::size_t reactions_bytes = 0;
  log.changes(shown.seq, up_to, [&](const record& change) {
    if (change.kind == "edit") {
      shown.body = change.body;
      shown.edited = change.time;
      shown.salt.reset();
    } else if (change.kind == "reaction" && reactions_bytes < reactions_bytes_max) {
      if (add_reaction(reactions, change.body, change.user))
        reactions_bytes += json_bytes(change.body) + change.user.size() + 3;
    }
    return true;
  });
  if (!reactions.empty())
    shown.reactions = std::move(reactions);
}

bool is_superseded(page_source& log, const record& edit, seq_t up_to) {
  bool superseded = false;
  log.changes(edit.target, up_to, [&](const record& change) {
    superseded = change.kind == "edit" && change.seq > edit.seq;
    return !superseded;
  });
  return superseded;
}

protocol::entry folded_entry(page_source& log, const record& event, seq_t up_to) {
  auto shown = entry_without_body(event);
  if (event.redacted)
    return shown;
  if (event.kind == "edit" && is_superseded(log, event, up_to))
    return shown;
  shown.body = event.body;
  shown.salt = protocol::to_hex(event.salt);
  if (!is_change(event.kind))
    fold_into_message(log, shown, up_to);
  return shown;
}

std::size_t cost(const protocol::entry& shown) {
  std::size_t bytes = shown.body ? json_bytes(*shown.body) : 0;
  if (shown.reactions)
    for (const auto& r : *shown.reactions) {
      bytes += json_bytes(r.emoji) + 24;
      for (const auto& user : r.users)
        bytes += user.size() + 3;
    }
  return bytes;
}

} // namespace

std::size_t json_bytes(std::string_view text) noexcept {
  std::size_t bytes = text.size();
  for (const unsigned char c : text)
    if (c < 0x20)
      bytes += 5;
    else if (c == '"' || c == '\\')
      bytes += 1;
  return bytes;
}

protocol::entry raw_entry(const record& event) {
  auto shown = entry_without_body(event);
  if (event.redacted) {
    shown.digest = protocol::to_hex(event.digest);
  } else {
    shown.body = event.body;
    shown.salt = protocol::to_hex(event.salt);
  }
  return shown;
}

page_result make_page(page_source& log, const page_query& query) {
  page_result page;
  page.status = status::ok;
  const auto head = log.head();
  page.min = log.min();
  const auto top = query.up_to != 0 ? std::min(query.up_to, head) : head;

  auto from = page.min;
  auto to = top;
  const bool descending = !query.after;
  if (query.after)
    from = std::max(from, *query.after < head ? *query.after + 1 : head + 1);
  else if (query.before)
    to = std::min(to, *query.before > 0 ? *query.before - 1 : 0);

  if (from <= to && query.limit == 0) {
    page.more = true;
  } else if (from <= to) {
    std::size_t bytes = 0;
    log.read(from, to, descending, [&](const record& event) {
      if (page.entries.size() == query.limit) {
        page.more = true;
        return false;
      }
      auto shown = query.raw ? raw_entry(event) : folded_entry(log, event, top);
      bytes += cost(shown);
      if (!page.entries.empty() && bytes > query.bytes_max) {
        page.more = true;
        return false;
      }
      page.entries.push_back(std::move(shown));
      return true;
    });
    if (descending)
      std::reverse(page.entries.begin(), page.entries.end());
  }
  const auto before_first = page.entries.empty() ? top : page.entries.front().seq - 1;
  page.prev = log.chain_at(std::max(before_first, page.min - 1));
  return page;
}

} // namespace troupe::storage
