#include "protocol/chain.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace troupe::protocol {

namespace {

/// Fetched once: EVP_sha256() would look the provider up again for every digest.
const EVP_MD* sha256() {
  static const EVP_MD* const fetched = [] {
    const EVP_MD* md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (md == nullptr)
      throw std::runtime_error("OpenSSL offers no SHA-256: check its configuration (openssl list -digest-algorithms).");
    return md;
  }();
  return fetched;
}

struct free_context {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// One SHA-256 over small pieces, which are gathered so that the library is called
/// once or twice. Keeps one context per thread, hence one object at a time.
class digest_stream {
public:
  digest_stream() : context_(context()) {
    if (EVP_DigestInit_ex2(context_, sha256(), nullptr) != 1)
      throw std::runtime_error("OpenSSL cannot start a SHA-256.");
  }

  digest_stream& raw(const void* bytes, std::size_t size) {
    if (size > gathered_.size() - used_)
      flush();
    if (size > gathered_.size()) {
      EVP_DigestUpdate(context_, bytes, size);
    } else if (size != 0) {
      std::memcpy(gathered_.data() + used_, bytes, size);
      used_ += size;
    }
    return *this;
  }

  digest_stream& integer(std::uint64_t value) {
    std::array<std::uint8_t, 8> bytes{};
    for (auto i = bytes.size(); i-- > 0; value >>= 8)
      bytes[i] = static_cast<std::uint8_t>(value);
    return raw(bytes.data(), bytes.size());
  }

  digest_stream& string(std::string_view text) {
    std::array<std::uint8_t, 4> length{};
    auto rest = static_cast<std::uint32_t>(text.size());
    for (auto i = length.size(); i-- > 0; rest >>= 8)
      length[i] = static_cast<std::uint8_t>(rest);
    return raw(length.data(), length.size()).raw(text.data(), text.size());
  }

  digest_bytes finish() {
    flush();
    digest_bytes out{};
    EVP_DigestFinal_ex(context_, out.data(), nullptr);
    return out;
  }

private:
  static EVP_MD_CTX* context() {
    thread_local const std::unique_ptr<EVP_MD_CTX, free_context> mine{EVP_MD_CTX_new()};
    return mine.get();
  }

  void flush() {
    if (used_ != 0)
      EVP_DigestUpdate(context_, gathered_.data(), used_);
    used_ = 0;
  }

  EVP_MD_CTX* context_;
  std::array<std::uint8_t, 320> gathered_; // a link is 98 bytes and the names
  std::size_t used_ = 0;
};

template <std::size_t N>
std::optional<std::array<std::uint8_t, N>> from_hex(std::string_view text) {
  if (text.size() != 2 * N)
    return std::nullopt;
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  std::array<std::uint8_t, N> bytes{};
  for (std::size_t i = 0; i < N; ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0)
      return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return bytes;
}

} // namespace

digest_bytes chain_start(std::string_view room, std::string_view epoch) {
  return digest_stream{}.string(room).string(epoch).finish();
}

digest_bytes body_digest(const salt_bytes& salt, std::string_view body) {
  return digest_stream{}.raw(salt.data(), salt.size()).raw(body.data(), body.size()).finish();
}

digest_bytes chain_next(const digest_bytes& previous, const chain_input& input) {
  return digest_stream{}
    .raw(previous.data(), previous.size())
    .integer(input.seq)
    .integer(static_cast<std::uint64_t>(input.time))
    .string(input.user)
    .string(input.cid)
    .string(input.kind)
    .integer(input.reply_to)
    .integer(input.target)
    .raw(input.digest.data(), input.digest.size())
    .finish();
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(bytes.size() * 2, '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text[2 * i] = digits[bytes[i] >> 4];
    text[2 * i + 1] = digits[bytes[i] & 15];
  }
  return text;
}

std::optional<digest_bytes> digest_from_hex(std::string_view text) { return from_hex<32>(text); }
std::optional<salt_bytes> salt_from_hex(std::string_view text) { return from_hex<16>(text); }

} // namespace troupe::protocol
