#!/usr/bin/env python3
"""Makes a compilation database that clang-tidy can use: tidy_database.py BUILD_DIR OUT_DIR.

g++'s precompiled headers mean nothing to clang, and neither does the option that goes with them. Also writes the
list of the files it knows, spelled from the root.
"""
import json
import pathlib
import re
import sys


def main(build, out):
    root = pathlib.Path.cwd()
    entries = [e for e in json.loads((build / "compile_commands.json").read_text()) if "cmake_pch" not in e["file"]]
    for entry in entries:
        command = re.sub(r"-Winvalid-pch|-fpch-preprocess|-include \S*cmake_pch\S*", "", entry["command"])
        entry["command"] = re.sub(r"^.*?(\S*(?:c\+\+|g\+\+)\S*) ", r"\1 ", command, count=1)
    out.mkdir(parents=True, exist_ok=True)
    (out / "compile_commands.json").write_text(json.dumps(entries, indent=1))
    (out / "files").write_text("".join(f"{pathlib.Path(e['file']).relative_to(root)}\n" for e in entries))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
