#!/usr/bin/env python3
"""Keeps the house in order: who may include whom, and a few rules about files.

    layers.py               checks the tree this file belongs to
    layers.py --self-test   plants one violation of each rule and sees that it is found

Arrows point left, nobody looks right:  protocol <- config <- storage, identity <- actors <- transport <- apps
"""
import pathlib
import re
import sys
import tempfile

ANYTHING = object()

# Folder -> what it may include of ours. Where a set of files is given instead of ANYTHING, only these.
LAYERS = {
    "protocol": {},
    "config": {"protocol": ANYTHING},
    # Who somebody is.
    "identity": {"protocol": ANYTHING, "config": ANYTHING},
    "storage": {"protocol": ANYTHING, "config": ANYTHING, "identity": {"identity/revocation.hpp"}},
    "checker": {"protocol": ANYTHING},
    "client": {"protocol": ANYTHING},
    # A program of one's own, as a guest of a cluster.
    "guest": {"protocol": ANYTHING, "client": ANYTHING, "storage": {"storage/sqlite_membership.hpp"},
              "actors": {"actors/caf.hpp", "actors/cluster/caf_io.hpp", "actors/cluster/guest_interfaces.hpp"}},
    "actors": {"protocol": ANYTHING, "config": ANYTHING, "identity": ANYTHING,
               "storage": {"storage/message_log.hpp", "storage/membership.hpp", "storage/faults.hpp"}},
    # Transport carries bytes: it knows a connection's wire, and nothing of rooms and users.
    "transport": {"protocol": ANYTHING, "config": ANYTHING, "identity": ANYTHING,
                  "actors": {"actors/actor_unit.hpp", "actors/api.hpp", "actors/caf.hpp", "actors/frame.hpp", "actors/wire.hpp"}},
}
EVERYTHING = ("apps", "bench", "examples", "tests")  # These wire or test, so they see everything.
OUR_FOLDERS = (*LAYERS, *EVERYTHING)

# Libraries -> the folders that may include them, besides the tests and the examples.
LIBRARIES = {
    "CAF": (r"caf/", {"actors", "guest", "transport", "apps", "bench"}),
    "Asio and Beast": (r"boost/(asio|beast)", {"transport", "client", "apps", "bench"}),
    "SQLite": (r"sqlite3\.h", {"storage", "bench"}),
    "cjose and jansson": (r"cjose/|jansson\.h", {"identity"}),
    "toml++": (r"toml\+\+/", {"config", "apps"}),
    "CLI11": (r"CLI/", {"apps", "bench", "checker"}),
    "Catch2": (r"catch2/", set()),
    "prometheus-cpp": (r"prometheus/", {"actors", "transport", "apps"}),
    "cereal": (r"cereal/", {"protocol", "actors"}),
}
UNBOUND = ("tests", "examples")

LINES_MAX = 450
VAGUE_NAME = re.compile(r"(^|_)(util|utils|utility|manager|helper|helpers|handler|misc|common)(_|$)")
SOURCES = (".cpp", ".hpp")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
CAF_HEADER = "actors/caf.hpp"
CAF_IO_HEADER = "actors/cluster/caf_io.hpp"  # For the one file that opens the node port.
CAF_FOR_TESTS = "caf/scheduler/test_coordinator.hpp"  # Not of the product.


def sources_of(root):
    for folder in OUR_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (*SOURCES, ".py") and "__pycache__" not in path.parts:
                yield path


def check_include(root, name, folder, quote, target):
    """Yields what is wrong with one include of the file `name`."""
    for library, (pattern, folders) in LIBRARIES.items():
        if re.match(pattern, target) and folder not in UNBOUND and folder not in folders:
            yield f"{folder} must not include {library}"
    if (target.startswith("caf/") and name not in (CAF_HEADER, CAF_IO_HEADER) and (root / CAF_HEADER).exists()
            and folder != "examples" and not (folder == "tests" and target == CAF_FOR_TESTS)):
        yield f"CAF is included through {CAF_HEADER} only"
    if target == "caf/all.hpp":
        yield "caf/all.hpp costs every translation unit seconds; include what is used"
    if quote == "<":
        if target.split("/")[0] in OUR_FOLDERS:
            yield "our own headers are included with quotes"
        return
    if not (root / target).is_file():
        yield "an include is spelled from the root of the repository, and the file exists"
        return
    other = target.split("/")[0]
    if folder in EVERYTHING or other == folder:
        return
    allowed = LAYERS[folder].get(other)
    if allowed is None:
        yield f"{folder} must not see {other}"
    elif allowed is not ANYTHING and target not in allowed:
        yield f"{folder} sees only {', '.join(sorted(allowed))} of {other}"


def check_file(root, path):
    """Yields (line, message) for each broken rule; line 0 means the whole file."""
    name = path.relative_to(root).as_posix()
    lines = path.read_text(encoding="utf-8").splitlines()
    if len(lines) > LINES_MAX:
        yield 0, f"{len(lines)} lines; a file has at most {LINES_MAX}: is it still one idea?"
    if VAGUE_NAME.search(path.name.split(".")[0]):
        yield 0, "the name does not say what the file is about"
    if path.suffix == ".hpp" and "#pragma once" not in lines:
        yield 0, "a header needs #pragma once"
    if path.suffix not in SOURCES:
        return
    for number, line in enumerate(lines, 1):
        if include := INCLUDE.match(line):
            for why in check_include(root, name, name.split("/")[0], include[1], include[2]):
                yield number, f"{line.strip()}: {why}"
        if re.search(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b", line):
            yield number, "unfinished work belongs into the tracker, not into a comment"


def check_tree(root):
    return [f"{path.relative_to(root)}:{line or 1}: {message}"
            for path in sources_of(root) for line, message in check_file(root, path)]


# -- self-test ----------------------------------------------------------------------------------------------------

GOOD = {
    "protocol/messages.hpp": "#pragma once\n#include <string>\n",
    "storage/message_log.hpp": '#pragma once\n#include "protocol/messages.hpp"\n',
    "storage/sqlite_log.hpp": '#pragma once\n#include "storage/message_log.hpp"\n#include <sqlite3.h>\n',
    "actors/wire.hpp": "#pragma once\n#include <caf/actor.hpp>\n",
    "actors/room.hpp": '#pragma once\n#include "storage/message_log.hpp"\n',
    "client/client.hpp": '#pragma once\n#include "protocol/messages.hpp"\n#include <boost/asio/io_context.hpp>\n',
    "transport/socket.cpp": '#include "actors/wire.hpp"\n#include <boost/beast/core.hpp>\n',
    "apps/troupe/main.cpp": '#include "actors/room.hpp"\n',
    "tests/actors/room.test.cpp": '#include "actors/room.hpp"\n#include <catch2/catch.hpp>\n',
}

PLANTED = [
    ("protocol/a.cpp", '#include "actors/room.hpp"\n', "protocol must not see actors"),
    ("protocol/a.cpp", "#include <caf/actor.hpp>\n", "protocol must not include CAF"),
    ("config/a.cpp", '#include "storage/message_log.hpp"\n', "config must not see storage"),
    ("identity/a.cpp", '#include "storage/message_log.hpp"\n', "identity must not see storage"),
    ("identity/a.cpp", "#include <caf/actor.hpp>\n", "identity must not include CAF"),
    ("identity/a.cpp", "#include <boost/asio/io_context.hpp>\n", "identity must not include Asio"),
    ("actors/a.cpp", "#include <cjose/cjose.h>\n", "actors must not include cjose"),
    ("storage/a.cpp", "#include <caf/actor.hpp>\n", "storage must not include CAF"),
    ("storage/a.cpp", '#include "actors/room.hpp"\n', "storage must not see actors"),
    ("checker/a.cpp", '#include "storage/message_log.hpp"\n', "checker must not see storage"),
    ("client/a.cpp", '#include "actors/wire.hpp"\n', "client must not see actors"),
    ("client/a.cpp", "#include <caf/actor.hpp>\n", "client must not include CAF"),
    ("actors/a.cpp", "#include <boost/asio/io_context.hpp>\n", "actors must not include Asio"),
    ("actors/a.cpp", "#include <boost/beast/core.hpp>\n", "actors must not include Asio"),
    ("actors/a.cpp", '#include "transport/socket.cpp"\n', "actors must not see transport"),
    ("actors/a.cpp", '#include "storage/sqlite_log.hpp"\n', "actors sees only storage/"),
    ("actors/a.cpp", '#include "wire.hpp"\n', "spelled from the root"),
    ("actors/a.cpp", '#include "../protocol/messages.hpp"\n', "spelled from the root"),
    ("actors/a.cpp", "#include <protocol/messages.hpp>\n", "with quotes"),
    ("actors/a.cpp", "#include <caf/all.hpp>\n", "caf/all.hpp"),
    ("transport/a.cpp", '#include "actors/room.hpp"\n', "transport sees only actors/"),
    ("transport/a.cpp", '#include "storage/message_log.hpp"\n', "transport must not see storage"),
    ("apps/troupe/a.cpp", "#include <sqlite3.h>\n", "apps must not include SQLite"),
    ("apps/troupe/a.cpp", "#include <catch2/catch.hpp>\n", "apps must not include Catch2"),
    ("actors/a.hpp", "#include <string>\n", "#pragma once"),
    ("actors/a.cpp", "\n" * 451, "451 lines"),
    ("actors/room_helper.cpp", "\n", "the name does not say"),
    ("actors/a.cpp", "// TO" + "DO: later\n", "unfinished work"),
]


def plant(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def self_test():
    wrong = []
    for extra, text, expected in [(None, None, None), *PLANTED]:
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            plant(root, GOOD | ({extra: text} if extra else {}))
            found = check_tree(root)
            if not extra and found:
                wrong.append(f"a tree in order was blamed: {found}")
            elif extra and (len(found) != 1 or not found[0].startswith(f"{extra}:") or expected not in found[0]):
                wrong.append(f"{extra} with {text[:50]!r}: expected one '{expected}', found {found}")
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        plant(root, GOOD | {CAF_HEADER: "#pragma once\n#include <caf/actor.hpp>\n"})
        if [line.split(":")[0] for line in check_tree(root)] != ["actors/wire.hpp"]:
            wrong.append("a CAF include beside the one header for it was not found")
    print("\n".join(wrong) or f"each of {len(PLANTED) + 1} planted violations was found")
    return bool(wrong)


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test())
    problems = check_tree(pathlib.Path(__file__).resolve().parents[2])
    print("\n".join(problems) or "layers and house rules hold")
    sys.exit(bool(problems))
