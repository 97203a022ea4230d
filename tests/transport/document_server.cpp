#include "tests/transport/document_server.hpp"

#include "transport/asio.hpp"

#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdexcept>
#include <vector>

namespace troupe::transport::testing {

namespace {

namespace ssl = boost::asio::ssl;
using key_handle = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using x509_handle = std::unique_ptr<X509, decltype(&X509_free)>;

template <class Write>
std::string pem(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> into{BIO_new(BIO_s_mem()), &BIO_free};
  write(into.get());
  char* text = nullptr;
  const auto size = BIO_get_mem_data(into.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

void extend(X509* what, X509* by, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, by, what, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (!extension)
    throw std::runtime_error("a bad extension: " + value);
  X509_add_ext(what, extension, -1);
  X509_EXTENSION_free(extension);
}

x509_handle draft(const char* name, long number, EVP_PKEY* key, long days_from, long days_until) {
  x509_handle made{X509_new(), &X509_free};
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), number);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), days_from * 86'400);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), days_until * 86'400);
  X509_set_pubkey(made.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  return made;
}

} // namespace

certificate make_certificate(const std::string& names, long days_from, long days_until) {
  const key_handle authority_key{EVP_EC_gen("P-256"), &EVP_PKEY_free}, key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  auto authority = draft("authority", 1, authority_key.get(), -10, 10);
  X509_set_issuer_name(authority.get(), X509_get_subject_name(authority.get()));
  extend(authority.get(), authority.get(), NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(authority.get(), authority_key.get(), EVP_sha256());
  auto leaf = draft("leaf", 2, key.get(), days_from, days_until);
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(authority.get()));
  extend(leaf.get(), authority.get(), NID_subject_alt_name, names);
  X509_sign(leaf.get(), authority_key.get(), EVP_sha256());
  return {pem([&](BIO* b) { PEM_write_bio_X509(b, authority.get()); }),
          pem([&](BIO* b) { PEM_write_bio_X509(b, leaf.get()); }),
          pem([&](BIO* b) { PEM_write_bio_PrivateKey(b, key.get(), nullptr, nullptr, 0, nullptr, nullptr); })};
}

struct document_server::state {
  net::io_context io;
  tcp::acceptor acceptor{io, {net::ip::address_v4::loopback(), 0}};
  std::unique_ptr<ssl::context> tls;
  std::vector<tcp::socket> silent; ///< Kept open without a word.
  std::atomic<bool> ending{false};
};

document_server::document_server(std::string answer, const certificate* shown)
  : state_(std::make_unique<state>()), answer_(std::move(answer)) {
  if (shown) {
    state_->tls = std::make_unique<ssl::context>(ssl::context::tls_server);
    state_->tls->use_certificate_chain(net::buffer(shown->chain));
    state_->tls->use_private_key(net::buffer(shown->key), ssl::context::pem);
  }
  thread_ = std::thread{[this] { run(); }};
}

document_server::~document_server() {
  state_->ending = true;
  net::io_context io;
  tcp::socket knock{io};
  error_code ignored;
  knock.connect(state_->acceptor.local_endpoint(), ignored);
  thread_.join();
}

void document_server::run() {
  for (;;) {
    error_code error;
    auto socket = state_->acceptor.accept(error);
    if (state_->ending)
      return;
    const auto serve = [&](auto& stream) {
      net::streambuf request;
      net::read_until(stream, request, "\r\n\r\n", error);
      std::string bytes;
      {
        const std::lock_guard turn{mutex_};
        bytes = answer_;
      }
      if (error)
        return true;
      if (!bytes.empty())
        net::write(stream, net::buffer(bytes), error);
      ++requests_;
      return !bytes.empty();
    };
    if (!state_->tls) {
      if (!serve(socket))
        state_->silent.push_back(std::move(socket));
      continue;
    }
    ssl::stream<tcp::socket&> stream{socket, *state_->tls};
    stream.handshake(ssl::stream_base::server, error);
    if (!error && serve(stream))
      stream.shutdown(error);
  }
}

void document_server::answer(std::string bytes) {
  const std::lock_guard turn{mutex_};
  answer_ = std::move(bytes);
}

void document_server::wait_for(std::uint32_t requests) const {
  while (requests_ < requests)
    std::this_thread::yield();
}

std::string document_server::url() const {
  return (state_->tls ? "https://127.0.0.1:" : "http://127.0.0.1:") +
         std::to_string(state_->acceptor.local_endpoint().port()) + "/keys";
}

std::string page(const std::string& body, const std::string& status, const std::string& more) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more + "\r\n" + body;
}

} // namespace troupe::transport::testing
