#include "identity/key_sources.hpp"

#include "identity/json.hpp"
#include "identity/key_file.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

namespace troupe::identity {

namespace {

constexpr std::size_t kid_bytes_max = 128;

/// Reads the entries one after the other, and remembers which names are taken.
class source_reader {
public:
  using documents = std::map<std::string, std::string, std::less<>>;
  source_reader(read_keys& into, const documents& fetched) : into_(into), fetched_(fetched) {}

  void read(std::size_t number, const config::auth_key& entry) {
    number_ = number;
    const auto of = algorithm_named(entry.algorithm);
    if (!of)
      return complain("algorithm", "\"" + entry.algorithm + "\" is no algorithm: HS256, RS256 or ES256");
    if (!entry.secret_file.empty())
      read_secret(entry);
    else if (!entry.public_key_file.empty())
      read_public_key(entry, *of);
    else if (!entry.jwks_file.empty())
      read_document_file(entry, *of);
    else if (const auto found = fetched_.find(entry.jwks_url); found != fetched_.end())
      read_document("jwks_url", entry.jwks_url, found->second, *of);
  }

private:
  void complain(std::string field, std::string message) {
    into_.errors.push_back({number_, std::move(field), std::move(message)});
  }
  void note(std::string field, std::string message) {
    into_.notes.push_back({number_, std::move(field), std::move(message)});
  }

  void read_secret(const config::auth_key& entry) {
    auto text = read_secret_file(entry.secret_file);
    if (const auto* why = std::get_if<unreadable>(&text))
      return complain("secret_file", entry.secret_file + ' ' + why->why);
    add(entry, "secret_file", entry.secret_file, jose_key::from_secret(std::get<std::string>(text)));
  }

  void read_public_key(const config::auth_key& entry, algorithm of) {
    auto text = read_key_file(entry.public_key_file, key_file_bytes_max);
    if (const auto* why = std::get_if<unreadable>(&text))
      return complain("public_key_file", entry.public_key_file + ' ' + why->why);
    add(entry, "public_key_file", entry.public_key_file, jose_key::from_public_pem(std::get<std::string>(text), of));
  }

  void add(const config::auth_key& entry, const char* field, const std::string& file, jose_key::read read) {
    if (const auto* why = std::get_if<std::string>(&read))
      complain(field, file + ' ' + *why);
    else if (!names_.insert(entry.kid).second)
      complain("kid", "there is another key with the kid \"" + entry.kid + "\"");
    else
      into_.keys.push_back({entry.kid, std::get<jose_key>(std::move(read))});
  }

  void read_document_file(const config::auth_key& entry, algorithm of) {
    // With secrets in it the file has to be as private as theirs.
    auto text = of == algorithm::hs256 ? read_private_file(entry.jwks_file, key_document_bytes_max)
                                       : read_key_file(entry.jwks_file, key_document_bytes_max);
    if (const auto* why = std::get_if<unreadable>(&text))
      return complain("jwks_file", entry.jwks_file + ' ' + why->why);
    read_document("jwks_file", entry.jwks_file, std::get<std::string>(text), of);
  }

  void read_document(const char* field, const std::string& name, std::string_view text, algorithm of) {
    const auto whole = text.size() <= key_document_bytes_max ? parse_object(text) : nullptr;
    const auto* list = json_object_get(whole.get(), "keys");
    if (!json_is_array(list))
      return complain(field, name + " is no JWK Set: {\"keys\": […]}, at most 256 KiB");
    const auto before = into_.keys.size();
    for (std::size_t i = 0; i < json_array_size(list) && into_.keys.size() < ring_keys_max; ++i) {
      if (const auto why = read_element(json_array_get(list, i), of))
        note(field, name + ": key " + std::to_string(i + 1) + " is passed over: " + *why);
    }
    if (into_.keys.size() == before)
      complain(field, name + " has no key that can be used for " + std::string{name_of(of)} + reasons(field));
  }

  std::string reasons(std::string_view field) const {
    for (const auto& one : into_.notes) {
      if (one.entry == number_ && one.field == field)
        return " (" + one.message + ")";
    }
    return {};
  }

  /// Why it is passed over.
  std::optional<std::string> read_element(json_t* element, algorithm of) {
    if (!json_is_object(element))
      return "it is no object";
    const auto kid = text_of(element, "kid");
    if (!kid || kid->empty() || kid->size() > kid_bytes_max)
      return "it has no kid of 1-128 bytes";
    if (const auto* use = json_object_get(element, "use"); use != nullptr && text_of(element, "use") != "sig")
      return "its use is not sig";
    if (const auto* alg = json_object_get(element, "alg"); alg != nullptr && text_of(element, "alg") != name_of(of))
      return "its alg is not the one of this entry, " + std::string{name_of(of)};
    auto read = jose_key::from_jwk(element, of);
    if (const auto* why = std::get_if<std::string>(&read))
      return "it " + *why;
    if (!names_.insert(std::string{*kid}).second)
      return "another key has its kid";
    into_.keys.push_back({std::string{*kid}, std::get<jose_key>(std::move(read))});
    return std::nullopt;
  }

  read_keys& into_;
  const documents& fetched_;
  std::size_t number_ = 0;
  std::set<std::string> names_;
};

} // namespace

read_keys read_key_sources(const std::vector<config::auth_key>& entries,
                           const std::map<std::string, std::string, std::less<>>& documents) {
  read_keys found;
  source_reader reader{found, documents};
  // What the operator wrote goes before what a document says, whose keys cannot take a name that is in use.
  const auto is_document = [](const config::auth_key& e) { return !e.jwks_file.empty() || !e.jwks_url.empty(); };
  for (const bool second : {false, true}) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (is_document(entries[i]) == second)
        reader.read(i, entries[i]);
    }
  }
  return found;
}

current_keys::current_keys(std::vector<config::auth_key> entries)
  : entries_(std::move(entries)), ring_(std::make_shared<const key_ring>(std::vector<verification_key>{}, 0)) {}

std::shared_ptr<const key_ring> current_keys::ring() const {
  const std::lock_guard turn{mutex_};
  return ring_;
}

read_keys current_keys::reload() {
  const std::lock_guard changing{changing_};
  auto found = read_key_sources(entries_, documents_);
  put_in_place(found, documents_);
  return found;
}

read_keys current_keys::take_document(std::string_view url, std::string text) {
  const std::lock_guard changing{changing_};
  auto fetched = documents_;
  fetched.insert_or_assign(std::string{url}, std::move(text));
  auto found = read_key_sources(entries_, fetched);
  put_in_place(found, std::move(fetched));
  return found;
}

void current_keys::put_in_place(read_keys& found, documents fetched) {
  if (!found.errors.empty())
    return;
  documents_ = std::move(fetched);
  const auto old = ring();
  auto next = std::make_shared<const key_ring>(found.keys, old->generation() + 1);
  if (next->same_keys(*old))
    return;
  const std::lock_guard turn{mutex_};
  ring_ = std::move(next);
}

std::vector<std::string> current_keys::urls() const {
  std::set<std::string> all;
  for (const auto& entry : entries_) {
    if (!entry.jwks_url.empty())
      all.insert(entry.jwks_url);
  }
  return {all.begin(), all.end()};
}

} // namespace troupe::identity
