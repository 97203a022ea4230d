#include "checker/index.hpp"

#include <algorithm>

namespace troupe::checker {

std::string glued(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const auto part : parts) {
    all += part;
    all += '\x1f';
  }
  return all;
}

index::index(const history& of) : what{of} {
  counts.events = of.events.size();
  const auto request = [](const event& e) { return glued({std::to_string(e.conn), std::to_string(e.id)}); };
  for (std::size_t i = 0; i < of.events.size(); ++i) {
    const auto& e = of.events[i];
    switch (e.ev) {
    case happening::connected: ++counts.connections; break;
    case happening::message: ++counts.deliveries; break;
    case happening::gap: ++counts.gaps; break;
    case happening::fault: ++counts.faults; break;
    case happening::baseline: baselines[e.room] = e.seq; break;
    case happening::send: {
      ++counts.sends;
      by_request[request(e)] = attempts.size();
      intents[intent_key(e, e.user)].attempts.push_back(attempts.size());
      attempts.push_back({i, none});
      break;
    }
    case happening::ack:
    case happening::refused:
    case happening::unknown: {
      ++(e.ev == happening::ack ? counts.acks : e.ev == happening::refused ? counts.refusals : counts.unknown);
      if (e.ev == happening::refused)
        ++counts.refusals_by_code[e.code];
      if (e.ev == happening::ack) {
        intents[intent_key(e, e.user)].acks.push_back(i);
        counts.duplicates += e.dup;
      }
      const auto asked = by_request.find(request(e));
      if (asked == by_request.end()) {
        unaccounted.emplace_back(i, "answers no send of this connection");
      } else if (auto& found = attempts[asked->second]; found.outcome != none) {
        unaccounted.emplace_back(i, "a second answer to one send");
      } else {
        found.outcome = i;
        if (at(found.send).cid != e.cid || at(found.send).room != e.room)
          unaccounted.emplace_back(i, "answers a send of another cid or room");
      }
      break;
    }
    case happening::history: {
      auto& log = finals[e.room];
      log = {};
      log.begin = i;
      break;
    }
    case happening::stored: {
      ++counts.stored;
      auto& log = finals[e.room];
      log.rows.push_back(i);
      log.by_seq.emplace(e.seq, i);
      rows.emplace(glued({e.room, e.from, e.cid}), i);
      break;
    }
    default: break;
    }
  }
  counts.rooms = finals.size();
}

const final_log* index::log_of(const std::string& room, const std::string& epoch) const {
  const auto found = finals.find(room);
  if (found == finals.end() || found->second.begin == none || at(found->second.begin).epoch != epoch)
    return nullptr;
  return &found->second;
}

std::size_t index::row_of(const std::string& key) const {
  const auto found = rows.find(key);
  return found == rows.end() ? none : found->second;
}

void findings::breach(std::string_view rule, std::size_t i, std::string text) {
  auto& against = found_[rule];
  against.rule = rule;
  ++against.count;
  if (against.examples.size() < options_.examples_max)
    against.examples.push_back({i == none ? 0 : what_.line_of(i), std::move(text)});
}

std::vector<finding> findings::in_order() && {
  std::vector<finding> all;
  for (const auto rule : rules::all)
    if (auto found = found_.find(rule); found != found_.end())
      all.push_back(std::move(found->second));
  return all;
}

} // namespace troupe::checker
