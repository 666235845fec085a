"""Enters a run of tests (CTest's JUnit file) into the table tests/long-results.md: each test's
last run with its commit. Rows of tests that this run left out stay as they are.

    long_results.py BUILD JUNIT TABLE
"""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def output(*command):
    return subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True).stdout.strip()


def tests_of(build):
    """The names of all tests, as they stand in the build."""
    return sorted(test["name"] for test in json.loads(
        output("ctest", "--test-dir", build, "--show-only=json-v1"))["tests"])


def rows_of(table):
    """The rows of the table before, by the test's name."""
    rows = [re.split(r"\s*\|\s*", line.strip("| \n")) for line in Path(table).read_text().splitlines()
            if line.startswith("| ")] if Path(table).exists() else []
    return {row[0]: row for row in rows[1:] if len(row) == 5}


def main(build, junit, table):
    suite = ET.parse(junit).getroot()
    commit = output("git", "rev-parse", "--short", "HEAD") or "unknown"
    if output("git", "status", "--porcelain"):
        commit += " and changes"
    rows = rows_of(table)
    for case in suite.iter("testcase"):
        result = {"run": "passed", "fail": "**failed**"}.get(case.get("status"), case.get("status"))
        rows[case.get("name")] = [case.get("name"), result, f"{float(case.get('time', 0)):.1f}",
                                  commit, suite.get("timestamp", "")[:10]]
    names = tests_of(build)
    kept = [rows.get(name, [name, "not entered yet", "–", "–", "–"]) for name in names]
    n_failed = sum("failed" in row[1] for row in kept)
    n_passed = sum(row[1] == "passed" for row in kept)
    Path(table).write_text("\n".join([
        "# The last run of each test", "",
        f"Of {len(names)} tests {n_passed} passed and {n_failed} failed when they last ran. Made by `tests/run --all`, which"
        " may take a part of them (`-R`, `-E`).", "",
        "| test | result | seconds | commit | date |", "|---|---|---|---|---|",
        *("| " + " | ".join(row) + " |" for row in kept)]) + "\n")


main(*sys.argv[1:])
