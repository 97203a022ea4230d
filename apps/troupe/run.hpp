// apps/troupe/run.hpp
#pragma once

namespace troupe {

/// The whole program, with all its subcommands: for a `main` of one's own that has added steps (steps.hpp).
/// Gives the exit code.
int run(int argc, char** argv);

} // namespace troupe
