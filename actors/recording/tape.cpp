#include "actors/recording/tape.hpp"

#include "actors/recording/archive.hpp"
#include "actors/recording/tape_file.hpp"

#include <xxhash.h>

#include <boost/mp11/algorithm.hpp>

#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace troupe::actors::recording {

namespace {

template <class T>
std::string archive_of(const T& what) {
  std::ostringstream out;
  cereal::PortableBinaryOutputArchive archive(out);
  archive(what);
  return std::move(out).str();
}

template <class T>
T from_archive(const std::string& bytes) {
  std::istringstream in(bytes);
  cereal::PortableBinaryInputArchive archive(in);
  T what;
  archive(what);
  return what;
}

class tape_reader {
public:
  explicit tape_reader(tape& into) : into_(into) {}

  void take(tape_record what) {
    std::visit([this](auto& record) { on(record); }, what);
  }

private:
  recorded_room* find(std::uint64_t tape) {
    const auto i = at_.find(tape);
    return i == at_.end() ? nullptr : &into_.rooms[i->second];
  }

  void on(begun& what) {
    at_[what.tape] = into_.rooms.size();
    into_.rooms.push_back({std::move(what), {}, {}});
  }
  void on(received& what) {
    if (auto* room = find(what.tape))
      room->steps.push_back({what.time, std::move(what.what), std::nullopt});
  }
  void on(emitted& what) {
    if (auto* room = find(what.tape); room && !room->steps.empty())
      room->steps.back().effects = std::move(what.what);
  }
  void on(ended& what) {
    if (what.tape == 0)
      into_.stopped = what.why;
    else if (auto* room = find(what.tape))
      room->end = what.why;
  }

  tape& into_;
  std::map<std::uint64_t, std::size_t> at_;
};

} // namespace

std::string encode_record(const tape_record& what) {
  const auto payload = archive_of(what);
  return framed(payload);
}

std::string framed(std::string_view payload) {
  const auto length = static_cast<std::uint32_t>(payload.size());
  const std::uint64_t sum = XXH3_64bits(payload.data(), payload.size());
  std::string out;
  out.reserve(12 + payload.size());
  for (int i = 0; i < 4; ++i)
    out.push_back(static_cast<char>(length >> (8 * i)));
  for (int i = 0; i < 8; ++i)
    out.push_back(static_cast<char>(sum >> (8 * i)));
  return out.append(payload);
}

tape read_tape(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw std::runtime_error("cannot read " + path);
  std::string head(tape_magic.size(), '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  if (head != tape_magic)
    throw std::runtime_error(path + " is no tape of this version (" + std::to_string(tape_version) + ")");
  tape all;
  tape_reader reader(all);
  constexpr std::uint32_t record_bytes_max = 256u * 1024 * 1024;
  for (std::uint64_t at = head.size();;) {
    unsigned char prefix[12];
    in.read(reinterpret_cast<char*>(prefix), sizeof prefix);
    if (in.gcount() == 0)
      return all;
    std::uint32_t length = 0;
    std::uint64_t sum = 0;
    for (int i = 0; i < 4; ++i)
      length |= static_cast<std::uint32_t>(prefix[i]) << (8 * i);
    for (int i = 0; i < 8; ++i)
      sum |= static_cast<std::uint64_t>(prefix[4 + i]) << (8 * i);
    std::string payload(length <= record_bytes_max ? length : 0, '\0');
    in.read(payload.data(), static_cast<std::streamsize>(payload.size()));
    if (!in || payload.empty() || XXH3_64bits(payload.data(), payload.size()) != sum) {
      all.damage = "the record at byte " + std::to_string(at) + " is cut off or was changed";
      return all;
    }
    reader.take(from_archive<tape_record>(payload));
    at += sizeof prefix + length;
  }
}

std::string_view verb_of(const to_room::command& what) {
  static constexpr std::string_view verbs[] = {"attach", "detach", "submit", "join",          "leave",  "fetch",
                                               "who",    "typing", "mark",   "refill",        "opened", "appended",
                                               "found",  "pruned", "wake",   "not_belonging", "lost",   "creation"};
  static_assert(std::size(verbs) == std::variant_size_v<to_room::command>);
  return verbs[what.index()];
}

replayed replay(const recorded_room& room, std::size_t steps_max,
                const std::function<void(const step&, const room_effects&, const room_core&)>& watch) {
  replayed result;
  room_core core(room.start.start, room.start.policy, room.start.mailbox_max);
  for (const auto& step : room.steps) {
    if (result.steps == steps_max)
      break;
    const auto effects = core.apply(step.what, step.time);
    if (watch)
      watch(step, effects, core);
    if (step.effects && archive_of(effects) != archive_of(*step.effects)) {
      result.differs_at = result.steps;
      result.difference = "step " + std::to_string(result.steps) + " (" + std::string{verb_of(step.what)} + " at " +
                          std::to_string(step.time) + " in room " + room.start.start.room +
                          "): " + std::to_string(effects.size()) + " effects now, " +
                          std::to_string(step.effects->size()) + " recorded";
      break;
    }
    ++result.steps;
  }
  result.state = core.snapshot();
  return result;
}

} // namespace troupe::actors::recording
