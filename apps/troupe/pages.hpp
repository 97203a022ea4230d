// apps/troupe/pages.hpp
#pragma once

#include "transport/static_page.hpp"

namespace troupe {

/// The chat page as it was built into this binary: `/` and what belongs to it. Nothing when it was built without Node.
/// Made by web/CMakeLists.txt.
transport::static_content embedded_page();

/// What the node serves that is the same for everybody: the chat page at `/`, or a few words where it was left out, and
/// `/openapi.json`, which describes the HTTP API.
transport::static_content served_pages();

} // namespace troupe
