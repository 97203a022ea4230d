#include "config/checks.hpp"

#include "config/web_address.hpp"
#include "protocol/limits.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>

namespace troupe::config {

namespace {

constexpr std::int64_t million = 1'000'000;
constexpr std::int64_t gibibyte = 1LL << 30;
constexpr std::int64_t day_ms = 86'400'000;
constexpr std::int64_t frame_bytes = protocol::limits::frame_bytes_max;
constexpr std::int64_t server_frame_bytes = protocol::limits::server_frame_bytes_max;
constexpr std::int64_t page_messages = protocol::limits::page_messages_max;

// A zero is allowed only where options.hpp gives it a meaning.
constexpr std::array number_bounds = {
  bounds{"listen.io_threads", 0, 1'024},
  bounds{"listen.connections_max", 1, 10 * million},
  bounds{"listen.connections_per_ip_max", 1, 10 * million},
  bounds{"listen.handshakes_per_s", 1, million},
  bounds{"listen.handshakes_per_ip_per_s", 1, million},
  bounds{"listen.handshake_ms", 100, 60'000},
  bounds{"listen.header_bytes_max", 1'024, 1 << 20},
  bounds{"listen.http_body_bytes_max", 1'024, 16 << 20},
  bounds{"auth.leeway_s", 0, 600},
  bounds{"auth.token_life_s", 60, 365 * 86'400},
  bounds{"auth.cache_entries_max", 0, 10 * million},
  bounds{"auth.refusal_cache_ms", 0, 60'000},
  bounds{"auth.revocations_max", 1, 10 * million},
  bounds{"auth.jwks_refresh_s", 10, 86'400},
  bounds{"session.ping_ms", 1'000, 600'000},
  bounds{"session.resume_ms", 300'000, 30 * day_ms},
  bounds{"session.rooms_per_user_max", 1, million},
  bounds{"session.rooms_per_connection_max", 1, 100'000},
  bounds{"session.sessions_per_user_max", 1, 10'000},
  bounds{"session.inflight_max", 1, 65'536},
  bounds{"session.send_rate_per_s", 0, million},
  bounds{"session.send_burst", 1, million},
  bounds{"session.fetches_inflight_max", 1, 1'024},
  bounds{"session.rooms_created_per_hour_max", 0, million},
  bounds{"outbound.bytes_max", 2 * server_frame_bytes, gibibyte},
  bounds{"outbound.drop_typing_bytes", 1, gibibyte},
  bounds{"outbound.conflate_bytes", 1, gibibyte},
  bounds{"outbound.gap_bytes", frame_bytes, gibibyte},
  bounds{"outbound.pool_bytes_max", 1 << 20, 4 * gibibyte - 1},
  bounds{"store.commit_messages_max", 1, 4'096},
  bounds{"store.room_share_max", 1, 4'096},
  bounds{"store.queue_max", 1, 16 * million},
  bounds{"store.readers", 1, 64},
  bounds{"store.reserve_bytes", 1 << 20, 64 * gibibyte},
  bounds{"cluster.weight", 0, 100},
  bounds{"cluster.heartbeat_ms", 100, 60'000},
  bounds{"cluster.ttl_ms", 2'000, 600'000},
  bounds{"cluster.link_bytes_max", 1 << 20, gibibyte},
  bounds{"cluster.moves_per_s", 1, 256},
  bounds{"room.rooms_max", 1, 100 * million},
  bounds{"room.mailbox_max", 1, 16 * million},
  bounds{"room.crashes_max", 1, 1'000},
  bounds{"room.crash_window_s", 1, 86'400},
  bounds{"middleware.crashes_max", 1, 1'000},
  bounds{"middleware.crash_window_s", 1, 86'400},
  bounds{"middleware.open_ms", 100, 600'000},
  bounds{"middleware.spin_ms", 100, 600'000},
  bounds{"rate_limit.requests_per_s", 0, million},
  bounds{"rate_limit.requests_burst", 1, million},
  bounds{"rate_limit.user_sends_per_s", 0, million},
  bounds{"rate_limit.user_sends_burst", 1, million},
  bounds{"rate_limit.ip_requests_per_s", 0, million},
  bounds{"rate_limit.ip_requests_burst", 1, million},
  bounds{"access_log.queue_max", 16, 16 * million},
  bounds{"validate.combining_max", 1, 1'024},
  bounds{"circuit_breaker.window_requests", 1, 10'000},
  bounds{"circuit_breaker.window_ms", 100, 600'000},
  bounds{"circuit_breaker.failures_min", 1, 10'000},
  bounds{"circuit_breaker.failure_percent", 1, 100},
  bounds{"circuit_breaker.open_ms", 100, 600'000},
  bounds{"circuit_breaker.probes", 1, 1'000},
  bounds{"page_cache.ttl_ms", 1, 60'000},
  bounds{"page_cache.pages_max", 1, million},
  bounds{"page_cache.bytes_max", server_frame_bytes, 64 * gibibyte},
  bounds{"page_cache.wait_ms", 10, 15'000},
  bounds{"recover.failures_max", 1, 10'000},
  bounds{"recover.after_ms", 1, 60'000},
  bounds{"record.queue_max", 16, 16 * million},
  bounds{"log.queue_max", 16, 16 * million},
  bounds{"rooms.history_count", 1, 1'000 * million},
  bounds{"rooms.history_age_s", 0, 100LL * 365 * 86'400},
  bounds{"rooms.ring_count", 1, million},
  bounds{"rooms.members_max", 1, 10 * million},
  bounds{"rooms.presence_grace_ms", 0, 600'000},
  bounds{"rooms.presence_users_max", 1, 2'000},
  bounds{"rooms.passivate_after_ms", 100, 30 * day_ms},
  bounds{"rooms.cid_floor_ms", 60'000, 3'650 * day_ms},
  bounds{"rooms.history_on_join", 0, page_messages},
  bounds{"rooms.slow_mode_ms", 0, protocol::limits::slow_mode_ms_max},
};

bool is_address(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

bool consists_of(std::string_view text, std::string_view extra) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           extra.find(c) != std::string_view::npos;
  });
}

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return port;
}

bool is_origin_host(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon != std::string_view::npos && !parse_port(text.substr(colon + 1)))
    return false;
  const auto host = text.substr(0, colon);
  return !host.empty() && host.size() <= 253 && consists_of(host, "-.");
}

} // namespace

std::optional<bounds> bounds_of(std::string_view path) noexcept {
  const auto* found =
    std::find_if(number_bounds.begin(), number_bounds.end(), [&](const bounds& b) { return b.path == path; });
  return found == number_bounds.end() ? std::nullopt : std::optional{*found};
}

std::optional<std::string> check_text(std::string_view path, const std::string& value) {
  if (value.find('\0') != std::string::npos)
    return "must not contain a NUL character";
  if (path == "node" && (value.empty() || value.size() > 64 || !consists_of(value, "_.-")))
    return "must be 1-64 of A-Z a-z 0-9 _ . -";
  if (path == "listen.address" && !parse_endpoint(value))
    return "must be an IP address and a port, as in \"127.0.0.1:8080\" or \"[::]:8080\"";
  if (path == "cluster.link") {
    const auto where = parse_endpoint(value);
    if (!where || !where->loopback)
      return "must be a loopback address and a port, as in \"127.0.0.1:0\": links between machines need mutual TLS, "
             "which this version does not have";
  }
  if (path == "auth.mode" && value != "open" && value != "token")
    return "must be \"open\" or \"token\"";
  if ((path == "auth.issuer" || path == "auth.audience") && value.size() > 512)
    return "must not be longer than 512 bytes";
  if (path == "auth.keys.kid" && !value.empty() && (value.size() > 128 || !is_visible(value)))
    return "must be 1-128 visible ASCII characters";
  if (path == "auth.keys.algorithm" && value != "HS256" && value != "RS256" && value != "ES256")
    return "must be \"HS256\", \"RS256\" or \"ES256\"";
  if (path == "auth.keys.jwks_url" && !value.empty()) {
    const auto where = parse_web_address(value);
    if (!where || (!where->tls && !where->loopback))
      return "must be an https:// address; http:// is for a loopback host only";
  }
  if (path == "store.directory" && value.empty())
    return "must name a directory";
  if (path == "access_log.sink" && value.empty())
    return "must be \"stdout\" or the path of a file";
  if (path == "access_log.format" && value != "text" && value != "json")
    return "must be \"text\" or \"json\"";
  if (path == "log.level") {
    constexpr std::array<std::string_view, 7> levels = {"trace", "debug", "info", "warn", "error", "critical", "off"};
    if (std::find(levels.begin(), levels.end(), value) == levels.end())
      return "must be one of trace, debug, info, warn, error, critical, off";
  }
  return std::nullopt;
}

std::optional<std::string> check_list(std::string_view path, const std::vector<std::string>& value) {
  if (value.size() > 1'024)
    return "has at most 1024 elements";
  for (const auto& element : value) {
    if (path == "listen.trusted" && !is_address(element))
      return "contains \"" + element + "\", which is not an IP address";
    if (path == "listen.origins" && !is_origin_host(element))
      return "contains \"" + element + "\"; an origin is a host with or without a port, as in \"chat.example.org\"";
  }
  return std::nullopt;
}

std::optional<std::string> check_choice(protocol::durability value) {
  if (value == protocol::durability::replicated)
    return "must be \"memory\" or \"disk\": \"replicated\" needs a store shared by several machines, which this "
           "version does not have";
  return std::nullopt;
}

std::optional<std::string> check_choice(protocol::role value) {
  if (value == protocol::role::none || value == protocol::role::reader || value == protocol::role::member)
    return std::nullopt;
  return "must be \"none\" or \"reader\" or \"member\": more than that is given to somebody, with `moderate`";
}

std::vector<disagreement> check_together(const options& values) {
  std::vector<disagreement> found;
  const auto at_most = [&](std::string_view path, std::uint64_t value, std::string_view other, std::uint64_t limit,
                           std::string_view why) {
    if (value > limit)
      found.push_back({std::string{path}, std::string{other},
                       std::string{path} + " (" + std::to_string(value) + ") must not be above " + std::string{other} +
                         " (" + std::to_string(limit) + "): " + std::string{why}});
  };
  const auto& out = values.outbound;
  at_most("outbound.drop_typing_bytes", out.drop_typing_bytes, "outbound.conflate_bytes", out.conflate_bytes,
          "a slow reader loses typing first");
  at_most("outbound.conflate_bytes", out.conflate_bytes, "outbound.gap_bytes", out.gap_bytes,
          "presence and marks are conflated before messages become a gap");
  at_most("outbound.gap_bytes", out.gap_bytes, "outbound.bytes_max", out.bytes_max,
          "messages become a gap before the connection is closed");
  at_most("store.room_share_max", values.store.room_share_max, "store.commit_messages_max",
          values.store.commit_messages_max, "a room's share is a part of the commit");
  at_most("cluster.heartbeat_ms", static_cast<std::uint64_t>(values.cluster.heartbeat_ms) * 3, "cluster.ttl_ms",
          static_cast<std::uint64_t>(values.cluster.ttl_ms), "a node has three heartbeats before it is taken over");
  const auto needed_for_tokens = [&](std::string_view path, bool missing, std::string_view what) {
    if (values.auth.mode == "token" && missing)
      found.push_back({std::string{path}, "auth.mode", "auth.mode = \"token\" needs " + std::string{what}});
  };
  needed_for_tokens("auth.keys", values.auth.keys.empty(), "at least one [[auth.keys]]");
  needed_for_tokens("auth.issuer", values.auth.issuer.empty(), "auth.issuer: who makes the tokens (iss)");
  needed_for_tokens("auth.audience", values.auth.audience.empty(), "auth.audience: for whom they are made (aud)");
  at_most("circuit_breaker.failures_min", values.circuit_breaker.failures_min, "circuit_breaker.window_requests",
          values.circuit_breaker.window_requests, "so many failures never come together");
  return found;
}

std::optional<std::string> check_key(const auth_key& key) {
  const auto sources = {&key.secret_file, &key.public_key_file, &key.jwks_file, &key.jwks_url};
  if (std::count_if(sources.begin(), sources.end(), [](const auto* s) { return !s->empty(); }) != 1)
    return "needs exactly one of secret_file, public_key_file, jwks_file and jwks_url";
  if (key.algorithm.empty())
    return "needs an algorithm: HS256, RS256 or ES256";
  const bool by_secret = key.algorithm == "HS256";
  if (!key.secret_file.empty() && !by_secret)
    return "has a secret_file, which is for HS256 only";
  if (!key.public_key_file.empty() && by_secret)
    return "has a public_key_file, which is for RS256 and ES256 only";
  if (!key.jwks_url.empty() && by_secret)
    return "has a jwks_url, which is for RS256 and ES256 only: secrets are not published";
  const bool is_document = !key.jwks_file.empty() || !key.jwks_url.empty();
  if (is_document != key.kid.empty())
    return is_document ? "must have no kid: the keys of a document bring their own" : "needs a kid";
  return std::nullopt;
}

std::optional<endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return std::nullopt;
  auto host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed)
    host = host.substr(1, host.size() - 2);
  if (bracketed != (host.find(':') != std::string_view::npos))
    return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  const std::string address{host};
  if (!port || !is_address(address))
    return std::nullopt;
  return endpoint{address, *port, is_loopback(address)};
}

std::vector<std::string> start_up_warnings(const options& values) {
  std::vector<std::string> warnings;
  if (values.auth.mode == "open") {
    const auto where = parse_endpoint(values.listen.address);
    warnings.push_back("auth.mode is \"open\": whoever names a user is that user. For demonstrations only" +
                       std::string{where && !where->loopback
                                     ? ", and " + values.listen.address + " can be reached from other machines."
                                     : "."});
  }
  for (const auto& policy : values.rooms) {
    if (policy.durability == protocol::durability::memory)
      warnings.push_back("Rooms that match \"" + policy.pattern +
                         "\" are kept in memory only: their messages end with the process.");
  }
  return warnings;
}

} // namespace troupe::config
