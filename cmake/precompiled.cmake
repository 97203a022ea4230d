# Precompiled headers: a translation unit with CAF or Beast costs 9-20 s without.
# Headers are named in angle brackets: the text is then the same in every checkout, and so is the cached result.
# ccache hits under them need -fpch-preprocess and CCACHE_SLOPPINESS (CMakeLists.txt).
function(troupe_precompile target)
  target_precompile_headers(${target} PRIVATE ${ARGN})
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endfunction()
