#!/usr/bin/env python3
"""Holds the table of metrics in docs/operations.md against what a running node exports.

    python3 tests/tidy/operations_page.py PATH_OF_TROUPE
"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/operations.md"


def exported(troupe):
    """Name -> type, of a node on a free port."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TROUPE_")}
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen([troupe, "serve", "--listen", "127.0.0.1:0", "--data", f"{directory}/data"], env=kept,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        try:
            url = next(found[0] for line in process.stdout if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
            with urllib.request.urlopen(f"{url}/metrics", timeout=20) as answer:
                return dict(re.findall(r"^# TYPE (\w+) (\w+)$", answer.read().decode(), re.MULTILINE))
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def main():
    there = exported(sys.argv[1])
    told = dict(re.findall(r"^\| `((?:troupe|process)_\w+)` \| (\w+) \| .", PAGE.read_text(), re.MULTILINE))
    wrong = [f"docs/operations.md does not tell of {name}, a {kind}" for name, kind in there.items() if name not in told]
    wrong += [f"docs/operations.md tells of {name}, which no node exports" for name in told if name not in there]
    wrong += [f"{name} is a {there[name]}, not a {told[name]}" for name in told
              if name in there and there[name] != told[name]]
    print("\n".join(wrong) or f"{len(there)} metrics are told truly")
    return bool(wrong) or not there


if __name__ == "__main__":
    sys.exit(main())
