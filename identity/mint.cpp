#include "identity/mint.hpp"

#include "identity/json.hpp"
#include "protocol/described.hpp"

#include <cstdlib>
#include <memory>

namespace troupe::identity {

namespace {

void put_text(json_t* object, const char* name, std::string_view text) {
  json_object_set_new(object, name, json_stringn(text.data(), text.size()));
}

std::string written(const json_t* object) {
  const std::unique_ptr<char, decltype(&std::free)> text{json_dumps(object, JSON_COMPACT), &std::free};
  return text.get();
}

} // namespace

std::string make_token(const token_wish& wish, const jose_key& key) {
  const json_handle header{json_object()};
  put_text(header.get(), "alg", name_of(key.signs_by()));
  put_text(header.get(), "typ", "JWT");
  if (!wish.kid.empty())
    put_text(header.get(), "kid", wish.kid);
  const json_handle body{json_object()};
  put_text(body.get(), "iss", wish.issuer);
  put_text(body.get(), "aud", wish.audience);
  put_text(body.get(), "sub", wish.user);
  json_object_set_new(body.get(), "iat", json_integer(wish.issued / 1'000));
  json_object_set_new(body.get(), "exp", json_integer(wish.expires / 1'000));
  if (!wish.id.empty())
    put_text(body.get(), "jti", wish.id);
  if (!wish.roles.empty()) {
    auto* list = json_array();
    for (const auto& [pattern, role] : wish.roles) {
      auto* one = json_object();
      put_text(one, "room", pattern);
      put_text(one, "role", protocol::name_of(role));
      json_array_append_new(list, one);
    }
    json_object_set_new(body.get(), "troupe", json_pack("{s:o}", "roles", list));
  }
  return sign(written(header.get()), written(body.get()), key);
}

} // namespace troupe::identity
