// apps/troupe/operations/render.hpp
//
// Reports for people, as plain values.
#pragma once

#include "apps/troupe/chat/words.hpp"
#include "apps/troupe/operations/node_figures.hpp"
#include "apps/troupe/operations/room_findings.hpp"

#include <string>

namespace troupe::operations {

using chat::palette;

/// `lounge is on node-2 …`, one line.
std::string place_line(const actors::room_place& place, const palette& colours);

/// Everything `troupe why` says.
std::string picture_text(const room_picture& picture, const palette& colours);

/// The table of `troupe top`.
std::string figures_text(const cluster_figures& cluster, const palette& colours);

} // namespace troupe::operations
