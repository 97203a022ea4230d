// validate: what a body may consist of.
#include "actors/middleware/built_in.hpp"
#include "actors/sequencer.hpp"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::actors {

namespace {

using protocol::code;
using protocol::retry;

bool shows_nothing(UChar32 c) {
  return u_isUWhiteSpace(c) || u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

/// Refuses bodies that would disturb whoever reads them: control characters but line feed and tab, towers of combining
/// marks, nothing but white space. What passes is stored byte for byte as it came.
///
/// Needs: nothing. Provides: nothing. Blocks: no; linear in the body. State: none. Answers: bad_request.
class validate final : public step {
public:
  explicit validate(const config::validate_options& rules) : rules_(rules) {}

  verdict admit(passage& what) override {
    const auto* send = std::get_if<protocol::client::send>(&what.request);
    if (!send)
      return pass{};
    const bool to_be_read = !send->kind || *send->kind == "text" || *send->kind == "edit";
    if (auto why = wrong_with(send->body, to_be_read && !rules_.blank))
      return refuse{refusal(code::bad_request, std::move(*why), retry::never)};
    return pass{};
  }

private:
  std::optional<std::string> wrong_with(std::string_view body, bool must_show) const {
    const auto size = static_cast<std::int32_t>(body.size());
    std::uint32_t marks = 0;
    bool shows = false;
    for (std::int32_t at = 0; at < size;) {
      UChar32 c = 0;
      U8_NEXT(body.data(), at, size, c);
      if (c < 0)
        return "the body is no UTF-8";
      if (c < 0x20 && c != '\n' && c != '\t')
        return "the body has a control character: only line feed and tab may be in it";
      if (c < 0x80) {
        marks = 0;
        shows = shows || c > ' ';
        continue;
      }
      marks = (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0 ? marks + 1 : 0;
      if (marks > rules_.combining_max)
        return "the body has more than " + std::to_string(rules_.combining_max) + " combining marks in a row";
      shows = shows || !shows_nothing(c);
    }
    if (must_show && !shows)
      return "the body is blank: write something";
    return std::nullopt;
  }

  config::validate_options rules_;
};

} // namespace

step_kind validate_step() {
  step_traits traits;
  traits.name = "validate";
  traits.purpose = "what a body may consist of: no control characters, no towers of accents, not blank";
  traits.verbs = {verb::send};
  traits.price = cost::moderate;
  return {std::move(traits),
          [](const step_surroundings& around) { return std::make_unique<validate>(around.options.validate); }};
}

} // namespace troupe::actors
