// Prints the JSON Schema: troupe_schema > protocol/schema/troupe.v1.schema.json
#include "protocol/schema.hpp"

#include <cstdio>

int main() { return std::fputs(troupe::protocol::json_schema().c_str(), stdout) < 0 ? 1 : 0; }
