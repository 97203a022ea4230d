# troupe::warnings - what our own code is compiled with.
add_library(troupe_warnings INTERFACE)
add_library(troupe::warnings ALIAS troupe_warnings)
target_compile_options(troupe_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow=local -Wnon-virtual-dtor -Wno-missing-field-initializers)
option(TROUPE_WERROR "Treat warnings as errors" OFF)
if(TROUPE_WERROR)
  target_compile_options(troupe_warnings INTERFACE -Werror)
endif()
