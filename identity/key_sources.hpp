// identity/key_sources.hpp
//
// From the configuration to keys: files, and documents that somebody else fetched.
#pragma once

#include "config/options.hpp"
#include "identity/key_ring.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::identity {

inline constexpr std::size_t key_document_bytes_max = 256 * 1024;

/// Something about a key that is wrong, or only to be told.
struct key_remark {
  std::size_t entry = 0; ///< Which `[[auth.keys]]`.
  std::string field;     ///< `secret_file` and so on, to find its line.
  std::string message;   ///< With the name of the file or the URL.
};

/// Keys that were read, and what was wrong.
struct read_keys {
  std::vector<verification_key> keys;
  std::vector<key_remark> errors; ///< Nothing should start with these.
  std::vector<key_remark> notes;  ///< Keys of a document that were passed over, and why.
};

/// Reads every file that the entries name. `documents` has the JWK Sets that were fetched, by URL; an entry whose URL is not
/// among them has no keys yet.
read_keys read_key_sources(const std::vector<config::auth_key>& entries,
                           const std::map<std::string, std::string, std::less<>>& documents);

/// The ring that holds now.
///
/// Threading: all calls from any thread; `ring` costs a short lock.
class current_keys {
public:
  /// Does not read anything yet: the ring is empty until `reload`.
  explicit current_keys(std::vector<config::auth_key> entries);

  std::shared_ptr<const key_ring> ring() const;

  /// Reads the files again. With errors the old ring stays. The generation rises only when the keys are others.
  read_keys reload();

  /// Takes a document that was fetched from one of the URLs, in place of the one before. A document without a single key
  /// that can be used is an error, and what was there before stays: that is no rotation but an accident.
  read_keys take_document(std::string_view url, std::string text);

  /// The URLs that are to be fetched, each once.
  std::vector<std::string> urls() const;

private:
  using documents = std::map<std::string, std::string, std::less<>>;
  void put_in_place(read_keys& found, documents fetched);

  const std::vector<config::auth_key> entries_;
  std::mutex changing_; ///< Held while files are read, so that an older state never replaces a newer one.
  documents documents_;
  mutable std::mutex mutex_;
  std::shared_ptr<const key_ring> ring_;
};

} // namespace troupe::identity
