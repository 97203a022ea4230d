// apps/troupe/main.cpp
#include "apps/troupe/run.hpp"

int main(int argc, char** argv) { return troupe::run(argc, argv); }
