#!/usr/bin/env python3
"""Prints the build targets that some tests need: test_targets.py BUILD_DIR --label REGEX, or --name REGEX.

CTest itself leaves out the command of a test whose program was not built yet, so the generated files are read.
"""
import argparse
import pathlib
import re

TEST = re.compile(r'add_test\((?:\[=\[(.+?)\]=\]|(\S+)) (.*)\)$')
PROPERTIES = re.compile(r'set_tests_properties\((?:\[=\[(.+?)\]=\]|(\S+)) PROPERTIES (.*)\)$')
WORD = re.compile(r'"((?:[^"\\]|\\.)*)"')


def tests_of(build):
    """Yields name, labels and command of each test."""
    for file in build.rglob("CTestTestfile.cmake"):
        commands, labels = {}, {}
        for line in file.read_text().splitlines():
            if test := TEST.match(line):
                commands[test[1] or test[2]] = WORD.findall(test[3])
            elif properties := PROPERTIES.match(line):
                of_test = re.search(r'\bLABELS "([^"]*)"', properties[3])
                labels[properties[1] or properties[2]] = of_test[1].split(";") if of_test else []
        yield from ((name, labels.get(name, []), command) for name, command in commands.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--label", type=re.compile)
    parser.add_argument("--name", type=re.compile)
    given = parser.parse_args()
    found = set()
    for name, labels, command in tests_of(given.build):
        if given.name and given.name.search(name) or given.label and any(map(given.label.fullmatch, labels)):
            found.update(word for word in command if word.startswith(f"{given.build}/"))
    for word in sorted(found):
        print(word.removeprefix(f"{given.build}/"))


if __name__ == "__main__":
    main()
