// A wrong configuration is refused with the line that is wrong and a word of help.
#include "config/load.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

using namespace troupe::config;
using Catch::Matchers::Contains;

namespace {

problems refused(std::string_view toml) {
  layers all;
  all.add_text("node.toml", toml);
  auto result = std::move(all).finish();
  auto* found = std::get_if<problems>(&result);
  return found ? *found : problems{};
}

problems refused_variables(const std::vector<std::string>& variables) {
  layers all;
  all.add_environment(variables);
  auto result = std::move(all).finish();
  auto* found = std::get_if<problems>(&result);
  return found ? *found : problems{};
}

struct wrong {
  const char* title;
  const char* toml;
  std::uint32_t line;
  const char* message;
};

std::ostream& operator<<(std::ostream& out, const wrong& w) { return out << w.title; }

const wrong wrong_files[] = {
  {"a slip in a key", "node = \"a\"\n[listen]\nadress = \"127.0.0.1:1\"\n", 3, "did you mean \"address\"?"},
  {"a slip in a table", "[lisen]\n", 1, "did you mean \"listen\"?"},
  {"a key of another table", "[room]\n\nreserve_bytes = 1\n", 3, "did you mean \"store.reserve_bytes\"?"},
  {"an unknown key", "[listen]\nzebra_quota = 1\n", 2, "there is no option listen.zebra_quota"},
  {"an unknown key of a policy", "[[rooms]]\npattern = \"*a\"\nhistory = 3\n", 3, "rooms.history"},
  {"a string for a number", "[listen]\n\n\nconnections_max = \"many\"\n", 4, "must be a whole number"},
  {"a fraction for a number", "[session]\nping_ms = 1.5\n", 2, "must be a whole number"},
  {"a number for a string", "node = 7\n", 1, "must be a string"},
  {"a number for a truth", "[[rooms]]\npattern = \"*a\"\npush = 1\n", 3, "must be true or false"},
  {"a string for a list", "[listen]\norigins = \"a.example\"\n", 2, "must be a list of strings"},
  {"a list of numbers", "[listen]\ntrusted = [1]\n", 2, "must be a list of strings"},
  {"a value for a table", "listen = 1\n", 1, "must be a table"},
  {"a table for the policies", "\n[rooms]\n", 2, "[[rooms]]"},
  {"a list of values for the policies", "rooms = [1]\n", 1, "[[rooms]]"},
  {"a limit of zero", "[listen]\nconnections_max = 0\n", 2, "from 1 to 10000000"},
  {"a negative number", "[room]\nmailbox_max = -1\n", 2, "from 1 to"},
  {"a number too large for its field", "[log]\nqueue_max = 4294967297\n", 2, "from 16 to"},
  {"a resume time under five minutes", "[session]\nresume_ms = 299999\n", 2, "from 300000 to"},
  {"a first page above a page", "[[rooms]]\npattern = \"*a\"\nhistory_on_join = 201\n", 3, "from 0 to 200"},
  {"an address without a port", "[listen]\naddress = \"127.0.0.1\"\n", 2, "IP address and a port"},
  {"a port out of range", "[listen]\naddress = \"127.0.0.1:65536\"\n", 2, "IP address and a port"},
  {"a host name as address", "[listen]\naddress = \"localhost:80\"\n", 2, "IP address and a port"},
  {"IPv6 without brackets", "[listen]\naddress = \"::1:80\"\n", 2, "IP address and a port"},
  {"a trusted name", "[listen]\ntrusted = [\"localhost\"]\n", 2, "not an IP address"},
  {"an origin with a scheme", "[listen]\norigins = [\"https://a.example\"]\n", 2, "an origin is a host"},
  {"the null origin's look-alike", "[listen]\norigins = [\"a example\"]\n", 2, "an origin is a host"},
  {"a node name with a space", "node = \"node a\"\n", 1, "must be 1-64"},
  {"an unknown format of the access log", "[access_log]\nformat = \"xml\"\n", 2, "\"text\" or \"json\""},
  {"no sink for the access log", "[access_log]\nsink = \"\"\n", 2, "path of a file"},
  {"a breaker that never opens", "[circuit_breaker]\nwindow_requests = 10\n", 2, "never come together"},
  {"an unknown log level", "[log]\nlevel = \"loud\"\n", 2, "trace, debug"},
  {"an unknown mode of identity", "[auth]\nmode = \"password\"\n", 2, "\"open\" or \"token\""},
  {"tokens without keys", "[auth]\nissuer = \"a\"\naudience = \"b\"\nmode = \"token\"\n", 4,
   "needs at least one [[auth.keys]]"},
  {"tokens of any issuer",
   "[auth]\nmode = \"token\"\naudience = \"b\"\n[[auth.keys]]\nkid = \"k\"\nalgorithm = \"HS256\"\nsecret_file = "
   "\"s\"\n",
   2, "needs auth.issuer"},
  {"tokens for anybody",
   "[auth]\nmode = \"token\"\nissuer = \"b\"\n[[auth.keys]]\nkid = \"k\"\nalgorithm = \"HS256\"\nsecret_file = \"s\"\n",
   2, "needs auth.audience"},
  {"a key from nowhere", "[[auth.keys]]\nkid = \"k\"\nalgorithm = \"HS256\"\n", 1, "exactly one of"},
  {"a key from two places",
   "[[auth.keys]]\nkid = \"k\"\nalgorithm = \"RS256\"\npublic_key_file = \"a\"\njwks_file = \"b\"\n", 1,
   "exactly one of"},
  {"a key for any algorithm", "[[auth.keys]]\nkid = \"k\"\nsecret_file = \"a\"\n", 1, "needs an algorithm"},
  {"no algorithm at all", "[[auth.keys]]\nkid = \"k\"\nalgorithm = \"none\"\nsecret_file = \"a\"\n", 3,
   "\"HS256\", \"RS256\" or \"ES256\""},
  {"an algorithm in another spelling", "[[auth.keys]]\nkid = \"k\"\nalgorithm = \"hs256\"\nsecret_file = \"a\"\n", 3,
   "\"HS256\", \"RS256\" or \"ES256\""},
  {"a secret for public keys", "[[auth.keys]]\nkid = \"k\"\nalgorithm = \"ES256\"\nsecret_file = \"a\"\n", 1,
   "for HS256 only"},
  {"a public key as a secret", "[[auth.keys]]\nkid = \"k\"\nalgorithm = \"HS256\"\npublic_key_file = \"a\"\n", 1,
   "for RS256 and ES256 only"},
  {"published secrets", "[[auth.keys]]\nalgorithm = \"HS256\"\njwks_url = \"https://a.example/\"\n", 1,
   "secrets are not published"},
  {"keys over plain HTTP", "[[auth.keys]]\nalgorithm = \"RS256\"\njwks_url = \"http://a.example/\"\n", 3,
   "must be an https:// address"},
  {"keys over plain HTTP from a name that begins like a loopback address",
   "[[auth.keys]]\nalgorithm = \"RS256\"\njwks_url = \"http://127.0.0.1.example/\"\n", 3,
   "must be an https:// address"},
  {"keys from a file by URL", "[[auth.keys]]\nalgorithm = \"RS256\"\njwks_url = \"file:///etc/keys\"\n", 3,
   "must be an https:// address"},
  {"a key without a name", "[[auth.keys]]\nalgorithm = \"HS256\"\nsecret_file = \"a\"\n", 1, "needs a kid"},
  {"a name for a document", "[[auth.keys]]\nkid = \"k\"\nalgorithm = \"RS256\"\njwks_file = \"a\"\n", 1,
   "must have no kid"},
  {"a name with a line end", "[[auth.keys]]\nkid = \"a\\nb\"\nalgorithm = \"HS256\"\nsecret_file = \"a\"\n", 2,
   "visible ASCII"},
  {"two keys of one name",
   "[[auth.keys]]\nkid = \"k\"\nalgorithm = \"HS256\"\nsecret_file = \"a\"\n"
   "[[auth.keys]]\nkid = \"k\"\nalgorithm = \"HS256\"\nsecret_file = \"b\"\n",
   5, "another [[auth.keys]] with the kid \"k\""},
  {"a slip in a key of keys", "[[auth.keys]]\nsecretfile = \"a\"\n", 2, "did you mean \"secret_file\"?"},
  {"one table for the keys", "[auth.keys]\nkid = \"k\"\n", 1, "[[auth.keys]]"},
  {"an unknown durability", "[[rooms]]\npattern = \"*a\"\ndurability = \"tape\"\n", 3, "\"memory\" or \"disk\""},
  {"a durability to come", "[[rooms]]\npattern = \"*a\"\ndurability = \"replicated\"\n", 3, "does not have"},
  {"a policy without a pattern", "node = \"a\"\n[[rooms]]\npush = true\n", 2, "needs a pattern"},
  {"a rest in the middle", "[[rooms]]\npattern = \"*a/b\"\n", 2, "must come last"},
  {"an empty segment", "[[rooms]]\npattern = \"a//b\"\n", 2, "empty segment"},
  {"a nameless parameter", "[[rooms]]\npattern = \"a/:\"\n", 2, "the name after ':'"},
  {"one parameter twice", "[[rooms]]\npattern = \":a/:a\"\n", 2, "stands twice"},
  {"a character no room has", "[[rooms]]\npattern = \"caf\\u00e9\"\n", 2, "consists of"},
  {"two patterns for the same names",
   "[[rooms]]\npattern = \"a/:x\"\n\n[[rooms]]\npattern = \"*r\"\n\n[[rooms]]\npattern = \"a/:y\"\n", 8,
   "a/:y matches the same names as a/:x of node.toml:2"},
  {"thresholds out of order", "[outbound]\nbytes_max = 524288\ngap_bytes = 524289\n", 3, "outbound.gap_bytes (524289)"},
  {"a link beyond this machine", "[cluster]\nlink = \"10.0.0.1:4711\"\n", 2, "mutual TLS"},
  {"a time to live of two heartbeats", "[cluster]\nheartbeat_ms = 2000\n", 2, "three heartbeats"},
  {"a share above the commit", "[store]\ncommit_messages_max = 64\nroom_share_max = 65\n", 3, "must not be above"},
  {"a NUL in a path", "[store]\ndirectory = \"a\\u0000b\"\n", 2, "NUL"},
  {"one key twice", "node = \"a\"\nnode = \"b\"\n", 2, "not TOML"},
  {"no TOML at all", "node = \"a\"\n[listen\n", 2, "not TOML"},
};

} // namespace

TEST_CASE("a wrong file is refused with its line") {
  const auto w = GENERATE(from_range(std::begin(wrong_files), std::end(wrong_files)));
  CAPTURE(w);
  const auto found = refused(w.toml);
  REQUIRE(found.size() == 1);
  CHECK(found.front().file == "node.toml");
  CHECK(found.front().line == w.line);
  CHECK(found.front().column > 0);
  CHECK_THAT(found.front().message, Contains(w.message));
}

TEST_CASE("every problem of a file is named, in the order of the text") {
  const auto found = refused("[log]\nlevel = \"loud\"\nqueue = 5\n[listen]\nhandshake_ms = 0\nio_threads = true\n");
  REQUIRE(found.size() == 4);
  CHECK(to_string(found[0]).starts_with("node.toml:2:9: log.level"));
  CHECK(found[1].line == 3);
  CHECK(found[2].line == 5);
  CHECK(found[3].line == 6);
}

TEST_CASE("a file that is not there is refused by its name") {
  layers all;
  all.add_file("/nowhere/node.toml");
  const auto result = std::move(all).finish();
  REQUIRE(std::holds_alternative<problems>(result));
  CHECK(std::get<problems>(result).size() == 1);
  CHECK_THAT(to_string(std::get<problems>(result).front()), Contains("/nowhere/node.toml: cannot be read"));
}

TEST_CASE("an empty file says nothing, a directory is none") {
  layers nothing;
  nothing.add_file("/dev/null");
  CHECK(std::holds_alternative<effective>(std::move(nothing).finish()));
  layers directory;
  directory.add_file("/");
  CHECK(std::holds_alternative<problems>(std::move(directory).finish()));
}

TEST_CASE("more patterns than the limit are refused, and exactly the limit is not") {
  std::string toml;
  for (std::size_t i = 0; i < 256; ++i)
    toml += "[[rooms]]\npattern = \"room" + std::to_string(i) + "\"\n";
  CHECK(refused(toml).empty());
  const auto found = refused(toml + "[[rooms]]\npattern = \"*one_more\"\n");
  REQUIRE(found.size() == 1);
  CHECK_THAT(found.front().message, Contains("at most 256"));
}

TEST_CASE("a file cut off anywhere is read or refused, and never worse") {
  std::ostringstream text;
  text << std::ifstream{TROUPE_MANUAL}.rdbuf();
  const auto whole = text.str();
  REQUIRE(whole.size() > 1'000);
  std::size_t refusals = 0;
  for (std::size_t size = 0; size < whole.size(); size += 13) {
    for (const auto& problem : refused(std::string_view{whole}.substr(0, size))) {
      CHECK(problem.line > 0);
      ++refusals;
    }
  }
  CHECK(refusals > 0);
}

TEST_CASE("a wrong environment is refused by the name of the variable") {
  const auto number = refused_variables({"TROUPE_LISTEN_IO_THREADS=two"});
  REQUIRE(number.size() == 1);
  CHECK(to_string(number.front()) ==
        "TROUPE_LISTEN_IO_THREADS: listen.io_threads is \"two\", but must be a whole number");
  const auto unknown = refused_variables({"TROUPE_LISTEN_ADRESS=127.0.0.1:1"});
  REQUIRE(unknown.size() == 1);
  CHECK_THAT(unknown.front().message, Contains("did you mean \"TROUPE_LISTEN_ADDRESS\"?"));
  const auto range = refused_variables({"TROUPE_SESSION_PING_MS=99999999999999999999"});
  REQUIRE(range.size() == 1);
  const auto together = refused_variables({"TROUPE_OUTBOUND_BYTES_MAX=300000"});
  REQUIRE(together.size() == 1);
  CHECK(together.front().file == "TROUPE_OUTBOUND_BYTES_MAX");
}

TEST_CASE("a wrong flag is refused by its name") {
  layers all;
  all.add_flag("--durability", "rooms.durability", "paper");
  const auto result = std::move(all).finish();
  REQUIRE(std::holds_alternative<problems>(result));
  CHECK(to_string(std::get<problems>(result).front()) ==
        "--durability: rooms.durability must be \"memory\" or \"disk\"");
}
