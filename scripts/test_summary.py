#!/usr/bin/env python3
"""Counts what ctest reported: test_summary.py DIRECTORY_OF_JUNIT_FILES SECONDS.

A ctest entry is a program; the cases inside are counted from what Catch2, Vitest and Python's unittest print.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as xml


def cases_in(output):
    catch = sum(int(n) for n in re.findall(r"^All tests passed \(\d+ assertions? in (\d+) test cases?\)", output, re.M))
    catch += sum(int(n) for n in re.findall(r"^test cases:\s+(\d+)", output, re.M))
    vitest = sum(int(n) for n in re.findall(r"^ *Tests  .*\((\d+)\)$", output, re.M))
    return catch + vitest + sum(int(n) for n in re.findall(r"^Ran (\d+) tests? in ", output, re.M))


def main(directory, seconds):
    programs, cases, failed, skipped = 0, 0, [], []
    for report in sorted(pathlib.Path(directory).glob("*.xml")):
        for test in xml.parse(report).getroot().iter("testcase"):
            programs += 1
            cases += cases_in(test.findtext("system-out") or "") or 1
            name = f"{report.stem}/{test.get('name')}"
            if test.get("status") == "fail":
                failed.append(name)
            elif test.get("status") != "run":
                skipped.append(name)
    for title, names in (("failed", failed), ("skipped", skipped)):
        for name in names:
            print(f"{title}: {name}")
    passed = programs - len(failed) - len(skipped)
    print(f"{programs} test programs with {cases} cases in {seconds // 60} min {seconds % 60} s: "
          f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
