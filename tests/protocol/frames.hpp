// tests/protocol/frames.hpp
//
// What the codec's tests share: frames as clients would write them, and short calls.
#pragma once

#include "protocol/codec.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::protocol::testing {

inline const std::string a_cid = "01HZXW3K5V8Q2R7T9B4C6D8E0F";

/// Every request with all of its fields, as the encoder orders them.
inline std::vector<std::string> full_requests() {
  return {
    R"({"type":"hello","id":1,"token":"a.b.c","user":"ann@example.org","resume":"r-1",)"
    R"("rooms":[{"room":"lounge","epoch":"e1","seq":7},{"room":"dm:ann:bob","epoch":"e2","seq":0}],"sdk":"chat/1"})",
    R"({"type":"refresh","id":2,"token":"a.b.c"})",
    R"({"type":"ping","id":3})",
    R"({"type":"rooms","id":4,"after":"lounge"})",
    R"({"type":"join","id":5,"room":"lounge","since":{"epoch":"e1","seq":7},"limit":50,"want":["presence","marks"]})",
    R"({"type":"leave","id":6,"room":"lounge","forget":true})",
    R"({"type":"send","id":7,"room":"lounge","cid":")" + a_cid +
      R"(","body":"hi","kind":"x-card","reply_to":3,"target":4})",
    R"({"type":"moderate","id":7,"room":"lounge","cid":")" + a_cid +
      R"(","action":"ban","user":"bob","for_ms":60000,"reason":"spam"})",
    R"({"type":"moderate","id":7,"room":"lounge","cid":")" + a_cid +
      R"(","action":"role","user":"bob","role":"moderator"})",
    R"({"type":"moderate","id":7,"room":"lounge","cid":")" + a_cid + R"(","action":"slow_mode","interval_ms":5000})",
    R"({"type":"fetch","id":8,"room":"lounge","after":9,"limit":200,"raw":true})",
    R"({"type":"fetch","id":8,"room":"lounge","before":9,"limit":1,"raw":false})",
    R"({"type":"presence","id":9,"room":"lounge"})",
    R"({"type":"typing","room":"lounge"})",
    R"({"type":"mark","room":"lounge","read":5,"recv":6})",
  };
}

/// Every request with nothing but what it needs.
inline std::vector<std::string> short_requests() {
  return {
    R"({"type":"hello","id":1})",
    R"({"type":"rooms","id":4})",
    R"({"type":"join","id":5,"room":"lounge"})",
    R"({"type":"leave","id":6,"room":"lounge"})",
    R"({"type":"send","id":7,"room":"lounge","cid":")" + a_cid + R"(","body":"hi"})",
    R"({"type":"moderate","id":7,"room":"lounge","cid":")" + a_cid + R"(","action":"kick","user":"bob"})",
    R"({"type":"fetch","id":8,"room":"lounge","limit":50})",
    R"({"type":"mark","room":"lounge","read":5})",
  };
}

template <class Message>
std::string encoded(const Message& message) {
  std::string out;
  encode_json(out, message);
  return out;
}

template <class... Message>
std::string encoded(const std::variant<Message...>& message) {
  return std::visit([](const auto& m) { return encoded(m); }, message);
}

/// The request a frame holds; fails the test when it is refused.
inline request understood(std::string_view frame) {
  auto decoded = decode_json(frame);
  if (const auto* failure = std::get_if<decode_failure>(&decoded))
    FAIL("refused: " << failure->message << " in " << frame.substr(0, 200));
  return std::get<request>(std::move(decoded));
}

/// Why a frame is refused; fails the test when it is not.
inline decode_failure refused(std::string_view frame) {
  auto decoded = decode_json(frame);
  if (decoded.index() == 0)
    FAIL("not refused: " << frame.substr(0, 200));
  return std::get<decode_failure>(std::move(decoded));
}

/// A send with that body, which must be JSON's inside of a string already.
inline std::string send_with_body(std::string_view body) {
  return R"({"type":"send","id":7,"room":"lounge","cid":")" + a_cid + R"(","body":")" + std::string{body} + R"("})";
}

} // namespace troupe::protocol::testing
