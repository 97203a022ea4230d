#!/usr/bin/env python3
"""Compares docs/openapi.json with the field lists of the structs that are answered, and with the codes of errors."""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Header -> schema -> struct.
OPERATIONS = {
    "actors/cluster/cluster_report.hpp": {"Place": "room_place", "Cluster": "cluster_report", "Node": "node_report",
                                          "Pin": "pinned_shard", "Link": "link_report"},
    "actors/cluster/link_messages.hpp": {"LinkCounters": "link_counters"},
    "actors/middleware/failure_board.hpp": {"StepFailure": "step_failure"},
    "actors/recent_times.hpp": {"Times": "time_summary"},
    "actors/room_health.hpp": {"RoomHealth": "room_health", "Fault": "room_fault", "Sequencer": "sequencer_health",
                               "AttachedRelay": "attached_relay", "Relay": "relay_health",
                               "Listeners": "listeners_health"},
}


def described(text, kind, name):
    """The names in BOOST_DESCRIBE_STRUCT(name, (), (...)) or BOOST_DESCRIBE_ENUM(name, ...)."""
    pattern = rf"BOOST_DESCRIBE_{kind}\({name},\s*" + (r"\(\),\s*\(([^)]*)\)" if kind == "STRUCT" else r"([^)]*)") + r"\)"
    return [word.strip() for word in re.search(pattern, text)[1].split(",")]


def main():
    schemas = json.loads((ROOT / "docs/openapi.json").read_text())["components"]["schemas"]
    messages = (ROOT / "protocol/messages.hpp").read_text()
    errors = (ROOT / "protocol/errors.hpp").read_text()
    server = messages[messages.index("namespace server"):]
    error = schemas["Error"]["properties"]["error"]["properties"]
    expected = [
        ("Ack", set(schemas["Ack"]["properties"]), set(described(server, "STRUCT", "ack")) - {"re"}),
        ("Page", set(schemas["Page"]["properties"]), set(described(server, "STRUCT", "page")) - {"re"}),
        ("Message", set(schemas["Message"]["properties"]), set(described(messages, "STRUCT", "entry"))),
        ("durable", schemas["Ack"]["properties"]["durable"]["enum"], described(errors, "ENUM", "durability")),
        ("code", error["code"]["enum"], described(errors, "ENUM", "code")),
        ("retry", error["retry"]["enum"], described(errors, "ENUM", "retry")),
    ]
    for header, pairs in OPERATIONS.items():
        text = (ROOT / header).read_text()
        expected += [(name, set(schemas[name]["properties"]), set(described(text, "STRUCT", struct)))
                     for name, struct in pairs.items()]
    wrong = [f"{name}: docs/openapi.json has {there}, the code has {here}" for name, there, here in expected
             if there != here]
    print("\n".join(wrong) or f"{len(expected)} lists of docs/openapi.json agree with the code")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
