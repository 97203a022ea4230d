// transport/neighbours.hpp
//
// The nodes of a cluster, as the browser behind a request can reach them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
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
/// The page of a node that died goes on elsewhere, so nodes are remembered when they are gone: those that were seen by
/// `look`, which is to be called about once a second, the last `remembered_max` of them.
///
/// Threading: any.
class neighbours {
public:
  using source = std::function<std::vector<neighbour>()>;
  static constexpr std::size_t remembered_max = 256;

  /// A node that is alone.
  neighbours() = default;

  /// `living` tells all living nodes, this one (`self`) as well; it is called for each question, on any thread.
  neighbours(std::string self, source living);

  /// Remembers who lives now.
  void look() const;

  /// All living nodes that can be reached by who used this Host header, with `host:port` for addresses; this one as well.
  std::vector<neighbour> seen_from(std::string_view host) const;

  /// Whether a page of this origin came from one of them, or from one that is gone.
  bool include(std::string_view origin, std::string_view host) const;

  const std::string& self() const noexcept { return self_; }

private:
  struct memory {
    std::mutex mutex;
    std::vector<neighbour> seen; ///< The newest last; the address of a node that came back elsewhere twice.
  };

  std::vector<neighbour> reachable(const std::vector<neighbour>& nodes, std::string_view host) const;

  std::string self_;
  source living_;
  std::shared_ptr<memory> memory_; ///< Of all copies.
};

} // namespace troupe::transport
