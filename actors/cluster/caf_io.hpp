// actors/cluster/caf_io.hpp
//
// CAF's middleman, apart from caf.hpp: only the node's port needs it, and it costs seconds.
#pragma once

#include "actors/caf.hpp"

#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/middleman_actor.hpp>
