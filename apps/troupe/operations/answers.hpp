// apps/troupe/operations/answers.hpp
//
// JSON answers of nodes as the structs they were made from. What is missing keeps its default and what is
// unknown is skipped, so that a node may be a version older or newer than the command.
#pragma once

#include "apps/troupe/operations/http_call.hpp"
#include "protocol/described.hpp"

#include <boost/json/parse.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace troupe::operations {

inline void read(bool& to, const boost::json::value& from) {
  if (from.is_bool())
    to = from.get_bool();
}

inline void read(std::string& to, const boost::json::value& from) {
  if (from.is_string())
    to = from.get_string().c_str();
}

template <std::integral T>
void read(T& to, const boost::json::value& from) {
  boost::json::error_code too_large;
  if (const auto number = from.to_number<T>(too_large); !too_large)
    to = number;
}

template <protocol::described T>
void read(T& to, const boost::json::value& from);

template <class T>
void read(std::vector<T>& to, const boost::json::value& from) {
  if (const auto* list = from.if_array())
    for (const auto& one : *list)
      read(to.emplace_back(), one);
}

template <class T>
void read(std::optional<T>& to, const boost::json::value& from) {
  if (!from.is_null())
    read(to.emplace(), from);
}

template <protocol::described T>
void read(T& to, const boost::json::value& from) {
  if (const auto* object = from.if_object())
    protocol::for_each_field(to, [&](std::string_view name, auto& field) {
      if (const auto* there = object->if_contains({name.data(), name.size()}))
        read(field, *there);
    });
}

/// Asks a node for a report.
template <class Report>
Report ask(const client::endpoint& where, const std::string& target, std::string_view method = "GET",
           const std::string& body = {}) {
  boost::json::error_code unreadable;
  const auto parsed = boost::json::parse(good_answer(where, method, target, body), unreadable);
  if (unreadable || !parsed.is_object())
    throw trouble{shown(where) + " does not answer as a node of Troupe does: look at --url"};
  Report report;
  read(report, parsed);
  return report;
}

} // namespace troupe::operations
