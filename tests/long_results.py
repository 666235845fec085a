"""Turns CTest's JUnit file into the table tests/long-results.md, with the commit."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def git(*args):
    root = Path(__file__).parent
    return subprocess.run(["git", *args], cwd=root, capture_output=True, text=True).stdout.strip()


def main(junit, table):
    suite = ET.parse(junit).getroot()
    dirty = " with uncommitted changes" if git("status", "--porcelain") else ""
    lines = [
        "# The last run of all tests",
        "",
        f"Commit {git('rev-parse', '--short', 'HEAD') or 'unknown'}{dirty}, "
        f"{suite.get('timestamp', '')[:10]}: {suite.get('tests')} tests, "
        f"{suite.get('failures')} failed, {suite.get('skipped', '0')} skipped. "
        "Made by `tests/run --all`.",
        "",
        "| test | result | seconds |",
        "|---|---|---|",
    ]
    for case in suite.iter("testcase"):
        result = {"run": "passed", "fail": "**failed**"}.get(case.get("status"), case.get("status"))
        lines.append(f"| {case.get('name')} | {result} | {float(case.get('time', 0)):.1f} |")
    Path(table).write_text("\n".join(lines) + "\n")


main(*sys.argv[1:])
