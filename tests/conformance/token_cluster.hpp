// tests/conformance/token_cluster.hpp
//
// Three real nodes that ask for tokens, somebody who makes them, and somebody who forges them.
#pragma once

#include "identity/jose.hpp"
#include "identity/mint.hpp"
#include "identity/new_keys.hpp"
#include "tests/support/live_client.hpp"
#include "tests/support/process.hpp"
#include "tests/transport/document_server.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe::tests {

/// An ES256 key of a JWK Set, with its name.
struct published_key {
  explicit published_key(std::string kid);
  std::string kid;
  identity::jose_key signing;
  std::string jwk; ///< The public half.
};

/// A document with these keys.
std::string key_document(const std::vector<const published_key*>& keys);

/// The wall clock, which the nodes go by.
protocol::time_ms wall_ms();

/// Three nodes on one directory. Their keys: "hs" (a secret), "es" and "rs" (files), and a document by URL with `first`.
class token_cluster {
public:
  token_cluster();

  node& at(std::size_t i) { return nodes_[i % nodes_.size()]; }
  std::size_t size() const { return nodes_.size(); }

  /// A token of `user`, good for an hour unless changed, by the key "es".
  std::string token_of(const std::string& user, const std::function<void(identity::token_wish&)>& change = {}) const;
  std::string token_by(const published_key& key, const std::string& user) const;
  identity::token_wish wish_of(const std::string& user) const;

  /// Says hello with the token; gives whatever answers it.
  static protocol::push greets(live_client& who, const std::string& token);
  /// Connected and welcome.
  std::unique_ptr<live_client> signed_in(std::size_t node, const std::string& token);

  /// `troupe token revoke`, with its arguments.
  void revoke(const std::vector<std::string>& what);

  /// How often each node has asked what was revoked.
  std::vector<std::uint64_t> polls() const;

  transport::testing::document_server& documents() { return documents_; }
  const published_key first{"first"};
  const std::string secret;
  const identity::key_pair p256;
  const identity::key_pair rsa;

private:
  temporary_directory directory_;
  transport::testing::document_server documents_;
  std::string config_file_;
  std::vector<node> nodes_;
};

} // namespace troupe::tests
