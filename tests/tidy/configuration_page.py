#!/usr/bin/env python3
"""Makes docs/configuration.md of config/troupe.toml, the manual of every option; without --write it tells whether the page is
up to date.

    python3 tests/tidy/configuration_page.py [--write]
"""
import difflib
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = ROOT / "config/troupe.toml"
PAGE = ROOT / "docs/configuration.md"
HEAD = """# Configuration

<!-- Made of config/troupe.toml by tests/tidy/configuration_page.py (cmake --build --preset release --target configuration_page). -->

"""
BOUNDS = re.compile(r"\s*(?<![\w.-])(\d+-\d+)\.?(?=\s|$)")
FLAG = re.compile(r"\s*Flag: (--[a-z-]+)\.?")


def fenced(example):
    """The lines as a block of code, and none of them left."""
    lines = "\n".join(example).rstrip().splitlines()
    example.clear()
    return ["", "```", *lines, "```", ""] if lines else []


def prose(comment):
    """Comment lines as paragraphs; what is indented by two columns is an example."""
    out, example = [], []
    for line in comment + [""]:
        if line.startswith("  "):
            example.append(line[2:])
        elif example and not line:
            example.append("")
        else:
            out += fenced(example) + [re.sub(r"(\S*<\S*>\S*?)([,.]?)(?=\s|$)", r"`\1`\2", line)]
    out += fenced(example)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip()


def row(table, key, value, comment):
    text = " ".join(comment)
    bounds = BOUNDS.search(text) if value.isdigit() else None
    flag = FLAG.search(text)
    text = FLAG.sub("", text)
    text = BOUNDS.sub("", text, count=1) if bounds else text
    name = f"{table}.{key}" if table else key
    notes = f" Flag: `{flag[1]}`" if flag else ""
    return "| `{}` | `{}` | {} | {}{} |".format(name, value, bounds[1] if bounds else "", text.strip().replace("|", r"\|"), notes)


def made(text):
    out, comment, table, rows = [HEAD.rstrip()], [], "", []

    def end_rows():
        if rows:
            out.append("| option | default | from-to | |\n|---|---|---|---|\n" + "\n".join(rows))
            rows.clear()

    def end_comment():
        if any(comment):
            end_rows()
            out.append(prose(comment))
        comment.clear()

    for line in text.splitlines()[2:]:
        if title := re.fullmatch(r"# -- (.*?) -+", line):
            end_comment()
            end_rows()
            out.append("## " + title[1])
        elif line.startswith("#"):
            comment.append(line[2:])
        elif not line.strip():
            end_comment()
        elif name := re.fullmatch(r"\[\[?([a-z_.]+)\]\]?", line):
            end_comment()
            end_rows()
            table = name[1]
            out.append(f"### `{line}`")
        elif option := re.fullmatch(r"([a-z_]+) = (.*)", line):
            rows.append(row(table, option[1], option[2], comment))
            comment.clear()
        else:
            sys.exit(f"{SOURCE}: what is this? {line}")
    end_comment()
    end_rows()
    return "\n\n".join(out) + "\n"


def main():
    page = made(SOURCE.read_text())
    if "--write" in sys.argv:
        PAGE.write_text(page)
        return
    before = PAGE.read_text() if PAGE.exists() else ""
    if before != page:
        sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), page.splitlines(True), "docs/configuration.md", "config/troupe.toml"))
        sys.exit("docs/configuration.md is out of date: build the target configuration_page")


main()
