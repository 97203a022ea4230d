// apps/troupe/pages.hpp
#pragma once

#include "transport/site.hpp"

namespace troupe {

/// What the node serves that is the same for everybody: `/` says what this is, and
/// `/openapi.json` describes the HTTP API.
transport::static_content served_pages();

} // namespace troupe
