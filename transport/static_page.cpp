#include "transport/static_page.hpp"

#include "transport/authority.hpp"
#include "transport/upgrade_policy.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace troupe::transport {

namespace {

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// `q=0`, `q=0.0` and so on.
bool is_refusal(std::string_view parameter) {
  const auto text = trimmed(parameter);
  return text.starts_with("q=") &&
         std::all_of(text.begin() + 2, text.end(), [](char c) { return c == '0' || c == '.'; });
}

/// What stands before the separator; `rest` goes on behind it.
std::string_view cut(std::string_view& rest, char separator) {
  const auto end = std::find(rest.begin(), rest.end(), separator);
  const std::string_view first{rest.begin(), end};
  rest = {end == rest.end() ? end : end + 1, rest.end()};
  return first;
}

} // namespace

bool accepts(std::string_view codings, std::string_view coding) {
  while (!codings.empty()) {
    auto parameters = cut(codings, ',');
    if (trimmed(cut(parameters, ';')) == coding)
      return !is_refusal(parameters);
  }
  return false;
}

page_form form_of(const static_page& page, std::string_view accept_encoding, std::string_view if_none_match) {
  page_form form{page.body, {}, {}, false};
  if (!page.brotli.empty() && accepts(accept_encoding, "br"))
    form = {page.brotli, "br", {}, false};
  else if (!page.gzip.empty() && accepts(accept_encoding, "gzip"))
    form = {page.gzip, "gzip", {}, false};
  if (page.etag.empty())
    return form;
  form.etag.append("\"").append(page.etag);
  if (!form.encoding.empty())
    form.etag.append("-").append(form.encoding);
  form.etag.append("\"");
  // A proxy that compresses makes the tag weak; the comparison for 304 ignores that.
  form.unchanged = trimmed(if_none_match) == "*" || has_token(if_none_match, form.etag, true) ||
                   has_token(if_none_match, "W/" + form.etag, true);
  return form;
}

std::string document_policy(std::string_view host, const std::vector<neighbour>& nodes) {
  std::string result = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
                       "manifest-src 'self'; connect-src 'self'";
  // Not every browser counts a WebSocket of the same host as 'self'.
  if (const auto own = parse_authority(host)) {
    const auto address = own->host + (own->port.empty() ? "" : ':' + own->port);
    result.append(" ws://").append(address).append(" wss://").append(address);
    for (const auto& node : nodes)
      if (node.address != address)
        result.append(" ws://").append(node.address);
  }
  return result.append("; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                       "require-trusted-types-for 'script'; trusted-types 'none'");
}

std::string client_json(std::string_view self, std::string_view sign_in, const std::vector<neighbour>& nodes) {
  namespace json = boost::json;
  json::array list;
  for (const auto& node : nodes)
    list.push_back(json::object{{"node", node.node}, {"url", "ws://" + node.address + "/ws"}});
  return json::serialize(json::object{{"node", json::string_view{self.data(), self.size()}},
                                      {"sign_in", json::string_view{sign_in.data(), sign_in.size()}},
                                      {"nodes", std::move(list)}});
}

} // namespace troupe::transport
