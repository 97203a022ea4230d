#include "apps/troupe/bench/report.hpp"

#include <fmt/format.h>

#include <cmath>

namespace troupe::bench {

namespace {

double ms(std::int64_t ns) { return static_cast<double>(ns) * 1e-6; }

double per_second(const outcome& o) { return o.window_s > 0 ? static_cast<double>(o.deliveries) / o.window_s : 0; }

/// Server CPU seconds for a million deliveries.
std::optional<double> cpu_per_million(const outcome& o) {
  if (!o.window_cpu_s || o.deliveries == 0)
    return std::nullopt;
  return *o.window_cpu_s / static_cast<double>(o.deliveries) * 1e6;
}

std::optional<double> send_calls_per_delivery(const outcome& o) {
  if (!o.send_calls || o.deliveries == 0)
    return std::nullopt;
  return *o.send_calls / static_cast<double>(o.deliveries);
}

std::optional<double> bytes_per_connection(const outcome& o) {
  if (!o.memory_before || !o.memory_held || o.opened == 0)
    return std::nullopt;
  return static_cast<double>(o.memory_held->total_kb() - o.memory_before->total_kb()) * 1024 / o.opened;
}

std::optional<double> cpu_us_per_connect(const outcome& o) {
  if (!o.opening_cpu_s || o.opened == 0)
    return std::nullopt;
  return *o.opening_cpu_s * 1e6 / o.opened;
}

const char* name_of(scenario what) {
  constexpr const char* names[] = {"idle", "fanout", "rooms", "echo", "durable"};
  return names[static_cast<std::size_t>(what)];
}

const char* name_of(speech what) {
  constexpr const char* names[] = {"troupe", "hub", "mqtt"};
  return names[static_cast<std::size_t>(what)];
}

std::string latency_line(const char* label, const histogram& h) {
  return fmt::format("{:<16} p50 {:.3f}  p90 {:.3f}  p99 {:.3f}  max {:.3f} ms  ({} measured)\n", label,
                     ms(h.percentile(50)), ms(h.percentile(90)), ms(h.percentile(99)), ms(h.max()), h.count());
}

/// Writes one flat JSON object; the only string values are texts we or the server wrote.
class object_writer {
public:
  void add(std::string_view key, double value) {
    if (std::isfinite(value))
      put(key, fmt::format("{:.6g}", value));
  }
  void add(std::string_view key, std::uint64_t value) { put(key, fmt::format("{}", value)); }
  void add(std::string_view key, bool value) { put(key, value ? "true" : "false"); }
  void add(std::string_view key, const std::optional<double>& value) {
    if (value)
      add(key, *value);
  }
  void add(std::string_view key, const char* value) { put(key, quoted(value)); }
  void add(std::string_view key, const std::vector<std::string>& values) {
    std::string list;
    for (const auto& v : values)
      list += (list.empty() ? "" : ",") + quoted(v);
    put(key, "[" + list + "]");
  }
  void add(std::string_view key, const histogram& h) {
    if (h.count() == 0)
      return;
    const auto part = [&](const char* name) { return fmt::format("{}_{}_ms", key, name); };
    add(part("p50"), ms(h.percentile(50)));
    add(part("p90"), ms(h.percentile(90)));
    add(part("p99"), ms(h.percentile(99)));
    add(part("max"), ms(h.max()));
    add(fmt::format("{}_count", key), h.count());
  }
  std::string text() const { return "{" + body_ + "}"; }

private:
  static std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char ch : text) {
      if (ch == '"' || ch == '\\')
        out += '\\';
      out += ch >= ' ' && ch < 127 ? ch : '?';
    }
    return out + '"';
  }
  void put(std::string_view key, std::string_view value) {
    body_ += fmt::format("{}\"{}\":{}", body_.empty() ? "" : ",", key, value);
  }

  std::string body_;
};

} // namespace

std::vector<std::string> doubts(const settings& s, const outcome& o) {
  std::vector<std::string> out;
  if (o.interrupted)
    out.emplace_back("The run was interrupted.");
  if (o.opened < o.plan.connections)
    out.push_back(fmt::format("Only {} of {} connections became ready.", o.opened, o.plan.connections));
  if (o.stalled)
    out.push_back(fmt::format("Nothing moved for {:.0f} s; the run was cut short.", s.stall_s));
  if (o.own_cpu > own_cpu_max)
    out.push_back(
      fmt::format("The generator used {:.0f} % of its core: it may be what was measured.", o.own_cpu * 100));
  if (o.others_cpu && *o.others_cpu > others_cpu_max)
    out.push_back(fmt::format("Something else used {:.0f} % of a core meanwhile.", *o.others_cpu * 100));
  if (o.behind.percentile(99) > behind_ns_max)
    out.push_back(fmt::format("The generator was late: 1 % of its messages left more than {:.1f} ms after their time.",
                              ms(o.behind.percentile(99))));
  if (o.window_s > 0 && !s.closed && per_second(o) < 0.97 * s.rate_per_s)
    out.push_back(fmt::format("The server did not keep up: {:.0f} of {:.0f} deliveries/s. Latencies are those of a "
                              "growing queue.",
                              per_second(o), s.rate_per_s));
  if (o.gaps != 0)
    out.push_back(fmt::format("The server left messages out {} times and said so (gap); they count as lost.", o.gaps));
  return out;
}

std::string as_text(const settings& s, const outcome& o) {
  auto out = fmt::format("{} over {}: {} connections, {} users, {} rooms of {}, {} senders each, {} bytes\n",
                         name_of(s.what), name_of(s.dialect), o.plan.connections, o.plan.users, o.plan.rooms(),
                         o.plan.members, o.plan.senders, s.payload_bytes);
  out += fmt::format("{:<16} {} in {:.2f} s, {:.0f}/s", "connections", o.opened, o.opening_s,
                     o.opening_s > 0 ? o.opened / o.opening_s : 0);
  if (const auto us = cpu_us_per_connect(o))
    out += fmt::format(", server {:.0f} us CPU each", *us);
  out += '\n';
  if (o.memory_before && o.memory_held && o.opened != 0) {
    const auto per = [&](std::int64_t after, std::int64_t before) { return (after - before) * 1024 / o.opened; };
    const auto& a = *o.memory_held;
    const auto& b = *o.memory_before;
    out +=
      fmt::format("{:<16} {:.0f} bytes of Private_Dirty per connection (heap {}, anonymous {}, files {}, stack {}); "
                  "{} MB before, {} MB after\n",
                  "memory", *bytes_per_connection(o), per(a.heap_kb, b.heap_kb), per(a.anonymous_kb, b.anonymous_kb),
                  per(a.files_kb, b.files_kb), per(a.stack_kb, b.stack_kb), b.total_kb() / 1024, a.total_kb() / 1024);
    out += fmt::format("{:<16} {} bytes per connection for both ends' sockets\n", "kernel",
                       o.kernel_socket_kb * 1024 / o.opened);
  }
  if (o.window_s > 0) {
    out += fmt::format("{:<16} {:.0f}/s ({} in {:.1f} s, of {} messages)\n", "deliveries", per_second(o), o.deliveries,
                       o.window_s, o.messages);
    if (const auto cpu = cpu_per_million(o))
      out += fmt::format(
        "{:<16} {:.2f} s CPU per million deliveries, {:.0f} % of a core, {:.0f} % of that in the kernel\n", "server",
        *cpu, 100 * *o.window_cpu_s / o.window_s, 100 * *o.window_system_s / std::max(*o.window_cpu_s, 1e-9));
    if (const auto calls = send_calls_per_delivery(o))
      out += fmt::format("{:<16} {:.3f} per delivery ({})\n", "send calls", *calls, o.send_calls_from);
    if (o.to_others.count() != 0)
      out += latency_line("latency", o.to_others);
    if (o.to_sender.count() != 0)
      out += latency_line(s.dialect == speech::troupe ? "acks" : "own messages", o.to_sender);
    out += fmt::format("{:<16} {:.0f} % of its core; messages late by p99 {:.2f}, max {:.2f} ms\n", "generator",
                       o.own_cpu * 100, ms(o.behind.percentile(99)), ms(o.behind.max()));
  }
  if (o.server_at_end)
    out += fmt::format("{:<16} {} MB now, {} MB at most, {} threads\n", "server RSS", o.server_at_end->rss_kb / 1024,
                       o.server_at_end->rss_peak_kb / 1024, o.server_at_end->threads);
  if (o.plan.senders != 0)
    out += fmt::format("{:<16} {} sent, {} arrived, {} lost, {} duplicates, {} out of order, {} invented, {} "
                       "misdelivered, {} refused, {} connections lost\n",
                       "checked", o.sent, o.sums.arrived, o.sums.lost, o.sums.duplicates, o.sums.disordered,
                       o.sums.invented, o.misdelivered, o.refused, o.connections_lost);
  for (const auto& d : doubts(s, o))
    out += fmt::format("warning: {}\n", d);
  for (const auto& c : o.complaints)
    out += fmt::format("the server said: {}\n", c);
  return out;
}

std::string as_json(const settings& s, const outcome& o) {
  object_writer w;
  w.add("scenario", name_of(s.what));
  w.add("dialect", name_of(s.dialect));
  w.add("closed", s.closed);
  w.add("connections", std::uint64_t{o.plan.connections});
  w.add("users", std::uint64_t{o.plan.users});
  w.add("rooms", std::uint64_t{o.plan.rooms()});
  w.add("members", std::uint64_t{o.plan.members});
  w.add("senders_per_room", std::uint64_t{o.plan.senders});
  w.add("payload_bytes", std::uint64_t{s.payload_bytes});
  w.add("opened", std::uint64_t{o.opened});
  w.add("connects_per_s", o.opening_s > 0 ? o.opened / o.opening_s : 0);
  w.add("server_us_per_connect", cpu_us_per_connect(o));
  w.add("bytes_per_connection", bytes_per_connection(o));
  if (o.memory_before && o.memory_held && o.opened != 0) {
    const auto part = [&](std::int64_t after, std::int64_t before) {
      return static_cast<double>(after - before) * 1024 / o.opened;
    };
    w.add("bytes_heap", part(o.memory_held->heap_kb, o.memory_before->heap_kb));
    w.add("bytes_anonymous", part(o.memory_held->anonymous_kb, o.memory_before->anonymous_kb));
    w.add("bytes_files", part(o.memory_held->files_kb, o.memory_before->files_kb));
    w.add("bytes_kernel_both_ends", static_cast<double>(o.kernel_socket_kb) * 1024 / o.opened);
  }
  if (o.window_s > 0) {
    if (!s.closed)
      w.add("rate_per_s", s.rate_per_s);
    w.add("window_s", o.window_s);
    w.add("deliveries", o.deliveries);
    w.add("messages", o.messages);
    w.add("deliveries_per_s", per_second(o));
    w.add("messages_per_s", static_cast<double>(o.messages) / o.window_s);
    w.add("server_cpu_s_per_million", cpu_per_million(o));
    w.add("server_cpu", o.window_cpu_s ? std::optional{*o.window_cpu_s / o.window_s} : std::nullopt);
    w.add("send_calls_per_delivery", send_calls_per_delivery(o));
    w.add("latency", o.to_others);
    w.add("own", o.to_sender);
    w.add("generator_cpu", o.own_cpu);
    w.add("others_cpu", o.others_cpu);
    w.add("late_p99_ms", ms(o.behind.percentile(99)));
    w.add("late_max_ms", ms(o.behind.max()));
  }
  if (o.server_at_end) {
    w.add("rss_kb", static_cast<std::uint64_t>(o.server_at_end->rss_kb));
    w.add("rss_peak_kb", static_cast<std::uint64_t>(o.server_at_end->rss_peak_kb));
  }
  w.add("sent", o.sent);
  w.add("arrived", o.sums.arrived);
  w.add("lost", o.sums.lost);
  w.add("duplicates", o.sums.duplicates);
  w.add("disordered", o.sums.disordered);
  w.add("invented", o.sums.invented);
  w.add("misdelivered", o.misdelivered);
  w.add("refused", o.refused);
  w.add("gaps", o.gaps);
  w.add("connections_lost", o.connections_lost);
  w.add("clean", o.clean());
  w.add("doubts", doubts(s, o));
  w.add("complaints", o.complaints);
  return w.text();
}

} // namespace troupe::bench
