// config/options.hpp
//
// Everything an operator can set, with its unit (last in the name), its default and
// what it bounds. config/troupe.toml shows the same list as a file.
#pragma once

#include "protocol/errors.hpp"
#include "protocol/limits.hpp"
#include "protocol/roles.hpp"

#include <boost/describe/class.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::config {

/// What holds for the rooms whose names match `pattern` (static beats `:param` beats `*rest`).
struct room_policy {
  std::string pattern = "*room";
  protocol::durability durability = protocol::durability::disk;
  std::uint64_t history_count = 10'000;                 ///< Messages kept; the newest is always kept.
  std::int64_t history_age_s = 30 * 86'400;             ///< 0 = for ever.
  std::uint32_t ring_count = 512;                       ///< Memory rooms: messages held.
  std::uint32_t members_max = 100'000;                  ///< Sessions joined at a time.
  std::int64_t presence_grace_ms = 5'000;               ///< A leave waits this long.
  std::uint32_t presence_users_max = 1'000;             ///< Above it presence becomes a count and a sample.
  std::int64_t passivate_after_ms = 60'000;             ///< An idle room leaves memory.
  std::int64_t cid_floor_ms = 30LL * 86'400 * 1'000;    ///< How long a cid is remembered at least.
  std::uint32_t history_on_join = 50;                   ///< Messages in `joined` when the client names no limit.
  bool push = false;                                    ///< A message writes a row of the push outbox.
  protocol::role default_role = protocol::role::member; ///< Of whom nobody gave one; none = a private room.
  bool creator_is_owner = false;                        ///< Who joins a room that was never used becomes its owner.
  std::uint32_t slow_mode_ms = 0; ///< Between two messages of one user; a moderator may change it. 0 = off.
};
BOOST_DESCRIBE_STRUCT(room_policy, (),
                      (pattern, durability, history_count, history_age_s, ring_count, members_max, presence_grace_ms,
                       presence_users_max, passivate_after_ms, cid_floor_ms, history_on_join, push, default_role,
                       creator_is_owner, slow_mode_ms))

struct listen_options {
  std::string address = "127.0.0.1:8080";
  std::uint32_t io_threads = 0;     ///< 0 = one per core.
  std::vector<std::string> origins; ///< Allowed Origin hosts; the server's own Host is always allowed.
  std::vector<std::string> trusted = {"127.0.0.1", "::1"}; ///< Exempt from the per-IP limits.
  std::uint32_t connections_max = 200'000;
  std::uint32_t connections_per_ip_max = 256;
  std::uint32_t handshakes_per_s = 5'000; ///< Over the whole node.
  std::uint32_t handshakes_per_ip_per_s = 32;
  std::int64_t handshake_ms = 5'000; ///< From accept to the end of the upgrade.
  std::uint32_t header_bytes_max = 8 * 1024;
  std::uint32_t http_body_bytes_max = 64 * 1024;
};
BOOST_DESCRIBE_STRUCT(listen_options, (),
                      (address, io_threads, origins, trusted, connections_max, connections_per_ip_max, handshakes_per_s,
                       handshakes_per_ip_per_s, handshake_ms, header_bytes_max, http_body_bytes_max))

struct session_options {
  std::uint32_t ping_ms = 25'000;               ///< The client pings after this much silence; twice that closes 4009.
  std::int64_t resume_ms = 24LL * 3600 * 1'000; ///< How long a resume token is good; at least 5 minutes.
  std::uint32_t rooms_per_user_max = 1'000;     ///< Rooms a user may belong to.
  std::uint32_t rooms_per_connection_max = 500; ///< Rooms a connection may have joined.
  std::uint32_t sessions_per_user_max = 64;
  std::uint32_t inflight_max = 256;  ///< Un-acked sends per connection.
  std::uint32_t send_rate_per_s = 0; ///< Per connection; 0 = not limited.
  std::uint32_t send_burst = 100;
  std::uint32_t fetches_inflight_max = 8;       ///< Unanswered fetches per connection.
  std::uint32_t rooms_created_per_hour_max = 0; ///< Rooms that were never used before, per user and node; 0 = no limit.
};
BOOST_DESCRIBE_STRUCT(session_options, (),
                      (ping_ms, resume_ms, rooms_per_user_max, rooms_per_connection_max, sessions_per_user_max,
                       inflight_max, send_rate_per_s, send_burst, fetches_inflight_max, rooms_created_per_hour_max))

struct outbound_options {
  std::uint32_t bytes_max = 1024 * 1024;           ///< Per connection; one past it closes 4008.
  std::uint32_t drop_typing_bytes = 64 * 1024;     ///< Above it typing is dropped …
  std::uint32_t conflate_bytes = 128 * 1024;       ///< … presence and marks are conflated …
  std::uint32_t gap_bytes = 512 * 1024;            ///< … and messages become a `gap`.
  std::uint32_t pool_bytes_max = 64 * 1024 * 1024; ///< Buffers each I/O thread keeps for reuse.
};
BOOST_DESCRIBE_STRUCT(outbound_options, (), (bytes_max, drop_typing_bytes, conflate_bytes, gap_bytes, pool_bytes_max))

struct store_options {
  std::string directory = "data";                 ///< Holds log.db.
  std::uint32_t commit_messages_max = 256;        ///< Of one group commit.
  std::uint32_t room_share_max = 32;              ///< Of one room in a commit while others wait.
  std::uint32_t queue_max = 65'536;               ///< Messages waiting for a commit; one past is `overloaded`.
  std::uint32_t readers = 2;                      ///< Reader connections.
  std::uint64_t reserve_bytes = 16 * 1024 * 1024; ///< Set aside so that a full disk can be left again.
};
BOOST_DESCRIBE_STRUCT(store_options, (),
                      (directory, commit_messages_max, room_share_max, queue_max, readers, reserve_bytes))

/// What holds between the nodes that share one store.
struct cluster_options {
  std::string link = "127.0.0.1:0"; ///< Where other nodes reach this one; port 0 = a free one. Loopback only.
  std::uint32_t weight = 1;         ///< Its share of the rooms; 0 = none, it only gives access.
  std::int64_t heartbeat_ms = 1'000;
  std::int64_t ttl_ms = 5'000;                    ///< A node that was not heard of for so long is taken over.
  std::uint32_t link_bytes_max = 4 * 1024 * 1024; ///< Un-acked, and as much of messages waiting, per link.
  std::uint32_t moves_per_s = 16;                 ///< Shards given to a node that joined.
};
BOOST_DESCRIBE_STRUCT(cluster_options, (), (link, weight, heartbeat_ms, ttl_ms, link_bytes_max, moves_per_s))

/// Where a key comes from that tokens are signed with: one of the four last, each for some algorithms.
struct auth_key {
  std::string kid;             ///< Its name in the header of tokens; documents bring the names of theirs.
  std::string algorithm;       ///< HS256, RS256 or ES256: the only one that this key is good for.
  std::string secret_file;     ///< HS256.
  std::string public_key_file; ///< RS256 and ES256, in PEM.
  std::string jwks_file;       ///< A JWK Set.
  std::string jwks_url;        ///< The same, fetched again and again. RS256 and ES256.
};
BOOST_DESCRIBE_STRUCT(auth_key, (), (kid, algorithm, secret_file, public_key_file, jwks_file, jwks_url))

struct auth_options {
  std::string mode = "open";                ///< open: whoever names a user is that user. token: signed tokens only.
  std::string issuer;                       ///< `iss` of every token.
  std::string audience;                     ///< In `aud` of every token.
  std::uint32_t leeway_s = 30;              ///< Clocks of others may differ by so much.
  std::int64_t token_life_s = 7 * 86'400;   ///< From `iat` to `exp` at most; so long a revocation is kept.
  std::uint32_t cache_entries_max = 65'536; ///< Verified tokens remembered.
  std::uint32_t refusal_cache_ms = 5'000;   ///< How long a refused token is remembered; 0 = not at all.
  std::uint32_t revocations_max = 100'000;
  std::uint32_t jwks_refresh_s = 300; ///< How often documents are fetched again.
  std::vector<auth_key> keys;
};
BOOST_DESCRIBE_STRUCT(auth_options, (),
                      (mode, issuer, audience, leeway_s, token_life_s, cache_entries_max, refusal_cache_ms,
                       revocations_max, jwks_refresh_s, keys))

struct room_options {
  std::uint32_t rooms_max = 1'000'000; ///< Active rooms of this node.
  std::uint32_t mailbox_max = 16'384;  ///< Sends waiting in a room; one past is `overloaded`.
  std::uint32_t crashes_max = 5;       ///< Rebuilds of one room within `crash_window_s` before quarantine.
  std::uint32_t crash_window_s = 10;
  std::string record_directory; ///< When set, every room's tape is written there.
};
BOOST_DESCRIBE_STRUCT(room_options, (), (rooms_max, mailbox_max, crashes_max, crash_window_s, record_directory))

/// Which steps every request passes, and what becomes of a step that fails.
struct middleware_options {
  std::vector<std::string> steps = {"authenticate", "authorize", "rate_limit"}; ///< Outermost first.
  std::uint32_t crashes_max = 5; ///< Failures of one step within `crash_window_s`; one past it refuses everything.
  std::uint32_t crash_window_s = 10;
  std::int64_t open_ms = 5'000; ///< For so long.
  std::int64_t spin_ms = 2'000; ///< A step that keeps its thread longer makes the node not ready.
};
BOOST_DESCRIBE_STRUCT(middleware_options, (), (steps, crashes_max, crash_window_s, open_ms, spin_ms))

/// More steps for some requests: the most specific route that takes a request adds its own.
struct route_options {
  std::string endpoint = "*"; ///< "/ws", "/api" or "*".
  std::string verb = "*";     ///< "send", "join" … or "*".
  std::string rooms = "*room";
  std::vector<std::string> steps;
};
BOOST_DESCRIBE_STRUCT(route_options, (), (endpoint, verb, rooms, steps))

/// What `rate_limit` allows, beside the rates per connection in `session_options`.
struct rate_limit_options {
  std::uint32_t requests_per_s = 500; ///< Of one connection, sends not counted; 0 = not limited.
  std::uint32_t requests_burst = 1'000;
  std::uint32_t user_sends_per_s = 0; ///< Of one user on this node, all connections together; 0 = not limited.
  std::uint32_t user_sends_burst = 100;
  std::uint32_t ip_requests_per_s = 0; ///< Of one IP address on this node, sends counted; 0 = not limited.
  std::uint32_t ip_requests_burst = 1'000;
};
BOOST_DESCRIBE_STRUCT(rate_limit_options, (),
                      (requests_per_s, requests_burst, user_sends_per_s, user_sends_burst, ip_requests_per_s,
                       ip_requests_burst))

/// The lines of `access_log`, one a request. Bodies are never in them.
struct access_log_options {
  std::string sink = "stdout";     ///< "stdout" or the path of a file.
  std::string format = "text";     ///< "text" or "json", one object a line.
  std::uint32_t queue_max = 8'192; ///< Lines waiting for the sink; further ones are dropped and counted.
};
BOOST_DESCRIBE_STRUCT(access_log_options, (), (sink, format, queue_max))

/// What `validate` lets into a body, beside what the protocol asks.
struct validate_options {
  std::uint32_t combining_max = 30; ///< Combining marks in a row.
  bool blank = false;               ///< A body may consist of white space only.
};
BOOST_DESCRIBE_STRUCT(validate_options, (), (combining_max, blank))

/// What `moderate` does not let pass.
struct moderate_options {
  std::vector<std::string> words; ///< Words or groups of words, in any case.
  std::string word_file;          ///< More of them, one a line, `#` begins a comment.
};
BOOST_DESCRIBE_STRUCT(moderate_options, (), (words, word_file))

/// When `circuit_breaker` opens, per route and I/O thread.
struct circuit_breaker_options {
  std::uint32_t window_requests = 100; ///< The last ones that count …
  std::int64_t window_ms = 10'000;     ///< … when they are not older.
  std::uint32_t failures_min = 20;     ///< So many of them failed …
  std::uint32_t failure_percent = 50;  ///< … and this share.
  std::int64_t open_ms = 5'000;        ///< Then everything is refused for so long …
  std::uint32_t probes = 3;            ///< … and so many requests try; when all are well it closes.
};
BOOST_DESCRIBE_STRUCT(circuit_breaker_options, (),
                      (window_requests, window_ms, failures_min, failure_percent, open_ms, probes))

/// The pages of `page_cache`, per route and I/O thread.
struct page_cache_options {
  std::int64_t ttl_ms = 1'000; ///< So long an edit or a deletion may not show in a page.
  std::uint32_t pages_max = 1'024;
  std::uint64_t bytes_max = 32 * 1024 * 1024;
  std::int64_t wait_ms = 2'000; ///< A fetch waits so long for the answer to another one of the same page.
};
BOOST_DESCRIBE_STRUCT(page_cache_options, (), (ttl_ms, pages_max, bytes_max, wait_ms))

/// What `recover` keeps and says.
struct recover_options {
  std::uint32_t failures_max = 64; ///< The last ones, kept for reports.
  std::uint32_t after_ms = 500;    ///< Callers come back after this time, or up to twice as long.
};
BOOST_DESCRIBE_STRUCT(recover_options, (), (failures_max, after_ms))

/// The file of `record`.
struct record_options {
  std::string directory;            ///< Gets one file per start of the node.
  std::uint32_t queue_max = 65'536; ///< Requests waiting for the file; one more and recording stops for good.
  bool bodies = false;              ///< Bodies are written as they are; else their length and SHA-256.
};
BOOST_DESCRIBE_STRUCT(record_options, (), (directory, queue_max, bodies))

struct log_options {
  std::string level = "info";
  std::uint32_t queue_max = 8'192; ///< Lines waiting for the sink; the oldest are dropped and counted.
};
BOOST_DESCRIBE_STRUCT(log_options, (), (level, queue_max))

struct options {
  std::string node = "node-a";
  listen_options listen;
  auth_options auth;
  session_options session;
  outbound_options outbound;
  store_options store;
  cluster_options cluster;
  room_options room;
  middleware_options middleware;
  rate_limit_options rate_limit;
  access_log_options access_log;
  validate_options validate;
  moderate_options moderate;
  circuit_breaker_options circuit_breaker;
  page_cache_options page_cache;
  recover_options recover;
  record_options record;
  log_options log;
  std::vector<room_policy> rooms = {room_policy{}}; ///< By pattern; the default one matches every name.
  std::vector<route_options> routes;
};
BOOST_DESCRIBE_STRUCT(options, (),
                      (node, listen, auth, session, outbound, store, cluster, room, middleware, rate_limit, access_log,
                       validate, moderate, circuit_breaker, page_cache, recover, record, log, rooms, routes))

} // namespace troupe::config
