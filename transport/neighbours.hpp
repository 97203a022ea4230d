// transport/neighbours.hpp
//
// The nodes of a cluster, as the browser behind a request can reach them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::transport {

/// A living node, and where it listens.
struct neighbour {
  std::string node;
  std::string address; ///< "ADDR:PORT"
  bool operator==(const neighbour&) const = default;
};

/// Tells pages where else they can go on when their node dies, and whose pages may come here.
///
/// A browser that reached this node at its own port reaches the other nodes of the machine under the same host name, at
/// their ports. One that came by another port came through a proxy, which spreads the connections itself: it is told of
/// nobody, and nobody's page may come here from there.
///
/// Threading: any.
class neighbours {
public:
  using source = std::function<std::vector<neighbour>()>;

  /// A node that is alone.
  neighbours() = default;

  /// `living` tells all living nodes, this one (`self`) as well; it is called for each question, on any thread.
  neighbours(std::string self, source living) : self_{std::move(self)}, living_{std::move(living)} {}

  /// All nodes that can be reached by who used this Host header, with `host:port` for addresses; this one as well.
  std::vector<neighbour> seen_from(std::string_view host) const;

  /// Whether a page of this origin is one of them.
  bool include(std::string_view origin, std::string_view host) const;

  const std::string& self() const noexcept { return self_; }

private:
  std::string self_;
  source living_;
};

} // namespace troupe::transport
