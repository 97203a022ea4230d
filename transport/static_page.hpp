// transport/static_page.hpp
//
// Pages that are the same for everybody, and what of them a request is answered with.
#pragma once

#include "transport/neighbours.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::transport {

/// A page with its compressed forms, which were made when the program was built.
///
/// Lifetime: the bytes outlive the server.
struct static_page {
  std::string_view content_type;
  std::string_view body;
  std::string_view brotli = {}; ///< Empty when it is not worth it, as `gzip`.
  std::string_view gzip = {};
  std::string_view etag = {}; ///< Without quotes; empty when it is not told.
  bool immutable = false;     ///< Its path changes with its content.
  bool document = false;      ///< It brings scripts, and opens connections to the nodes.
};

/// Path → page. Paths are compared whole, so nothing can be traversed.
using static_content = std::map<std::string, static_page, std::less<>>;

/// The form of a page that a request gets.
struct page_form {
  std::string_view body;
  std::string_view encoding; ///< Of `Content-Encoding`; empty for the page as it is.
  std::string etag;          ///< Quoted, one for each form; empty when it is not told.
  bool unchanged = false;    ///< The client has it: answer 304.
};

/// The smallest form that `accept_encoding` allows; `if_none_match` names what the client has.
page_form form_of(const static_page& page, std::string_view accept_encoding, std::string_view if_none_match);

/// Whether a list of codings, as in Accept-Encoding, has one of a weight above nought.
bool accepts(std::string_view codings, std::string_view coding);

/// What a document may load and where it may connect to: its own origin, and the other nodes. Scripts and styles come
/// from files only, and nothing makes markup or scripts out of text.
std::string document_policy(std::string_view host, const std::vector<neighbour>& nodes);

/// What anything else may: nothing.
inline constexpr std::string_view data_policy = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// What a page has to know before it connects, as JSON: this node, how one signs in, and the nodes it can go to.
std::string client_json(std::string_view self, std::string_view sign_in, const std::vector<neighbour>& nodes);

} // namespace troupe::transport
