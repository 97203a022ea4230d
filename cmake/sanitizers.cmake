# TROUPE_SANITIZE=address,undefined or thread: for every target, because mixed objects do not link.
set(TROUPE_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")
if(TROUPE_SANITIZE)
  add_compile_options(-fsanitize=${TROUPE_SANITIZE} -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${TROUPE_SANITIZE})
  if(TROUPE_SANITIZE MATCHES undefined)
    # CAF 0.17.6 binds a null reference in init_fun_factory.hpp.
    add_compile_options(-fno-sanitize=null -fno-sanitize-recover=undefined)
  endif()
endif()
