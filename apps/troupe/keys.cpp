#include "apps/troupe/keys.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace troupe {

namespace {

config::problem located(const config::effective& what, const identity::key_remark& remark) {
  const auto found = what.places.find("auth.keys[" + std::to_string(remark.entry) + "]." + remark.field);
  if (found == what.places.end())
    return {"auth.keys", 0, 0, remark.message};
  return {found->second.name, found->second.line, found->second.column, remark.message};
}

} // namespace

std::shared_ptr<identity::current_keys> keys_of(const config::effective& what) {
  auto keys = std::make_shared<identity::current_keys>(what.values.auth.keys);
  const auto found = keys->reload();
  for (const auto& remark : found.notes)
    std::cerr << "note: " << to_string(located(what, remark)) << '\n';
  for (const auto& remark : found.errors)
    std::cerr << to_string(located(what, remark)) << '\n';
  if (!found.errors.empty())
    throw CLI::RuntimeError(1);
  return keys;
}

} // namespace troupe
