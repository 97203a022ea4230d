# Every library we link, found once, as a target.
find_package(Threads REQUIRED)
find_package(CAF 0.17.6 REQUIRED COMPONENTS core io)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(Catch2 2.13 REQUIRED)
find_package(cereal REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(cjose REQUIRED IMPORTED_TARGET cjose>=0.6.2)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(icu REQUIRED IMPORTED_TARGET icu-uc)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)

# CAF 0.17 still uses what C++17 deprecated; our warnings are for our code.
set_target_properties(CAF::core PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}")

# Boost.JSON is compiled once, from its own sources header, in protocol/boost_json.cpp.
