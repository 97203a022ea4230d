#!/usr/bin/env python3
"""Prints the build targets that the tests with one of the given labels need: test_targets.py BUILD_DIR LABEL...

CTest itself leaves out the command of a test whose program was not built yet, so the generated files are read.
"""
import pathlib
import re
import sys


def targets(build_dir, labels):
    found = set()
    for file in build_dir.rglob("CTestTestfile.cmake"):
        commands = {}
        for line in file.read_text().splitlines():
            if test := re.match(r'add_test\((?:\[=\[(.+?)\]=\]|(\S+)) (.*)\)$', line):
                commands[test[1] or test[2]] = re.findall(r'"((?:[^"\\]|\\.)*)"', test[3])
            elif properties := re.match(r'set_tests_properties\((?:\[=\[(.+?)\]=\]|(\S+)) PROPERTIES (.*)\)$', line):
                of_test = re.search(r'\bLABELS "([^"]*)"', properties[3])
                if of_test and labels & set(of_test[1].split(";")):
                    found.update(commands[properties[1] or properties[2]])
    prefix = f"{build_dir}/"
    return sorted(word[len(prefix):] for word in found if word.startswith(prefix))


if __name__ == "__main__":
    build = pathlib.Path(sys.argv[1]).resolve()
    print("\n".join(targets(build, set(sys.argv[2:]))))
