"""Man pages say what --help says."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import BIN

PAGES = Path(os.environ["PYTRACER_BUILD"]) / "jobs/man"
NAMES = sorted(p.stem for p in PAGES.glob("*.1"))


def help_of(page):
    if page == "pytracer":
        command = [BIN / "pytracer", "--help"]
    elif (BIN / page).exists():
        command = [BIN / page, "--help"]
    else:
        command = [BIN / "pytracer", page.removeprefix("pytracer-"), "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def words_of_page(page):
    text = (PAGES / f"{page}.1").read_text()
    head = text.index(".SH SYNOPSIS")
    lines = []
    for line in text[head:].splitlines():
        if line.startswith(".SH "):
            lines.append(line[4:].lower())
        elif line.startswith(".B "):
            lines.append(line[3:])
        elif not line.startswith((".TP", ".PP", ".br")):
            lines.append(line)
    plain = "\n".join(lines).replace("\\(ga", "`").replace("\\(dq", '"').replace("\\&", "")
    return plain.replace("\\-", "-").replace("\\e", "\\").split()


def words_of_help(page):
    words = []
    for line in help_of(page).splitlines():
        line = re.sub(r"^usage:", "synopsis", line)
        line = re.sub(r"^([A-Z][A-Za-z ]*):$", lambda m: m[1].lower(), line)
        words += line.split()
    return words


def test_there_is_a_page_for_each_command():
    assert {"pytracer", "pytracer-run", "pytracer-info", "pytracer-clean",
            "pytracer-trace"} <= set(NAMES)
    programs = {p.name for p in BIN.glob("pytracer*")}
    assert programs <= set(NAMES)


@pytest.mark.parametrize("page", NAMES)
def test_the_page_has_the_words_of_the_help_in_their_order(page):
    ours = [w for w in words_of_page(page) if w not in ("description", "options")]
    theirs = [w for w in words_of_help(page) if w not in ("description", "options")]
    assert ours == theirs


@pytest.mark.parametrize("page", NAMES)
def test_the_page_has_name_and_version(page):
    text = (PAGES / f"{page}.1").read_text()
    assert re.match(rf'\.TH {page.upper()} 1 "" "pytracer \d+\.\d+\.\d+"', text)
    assert re.search(rf"^\.SH NAME\n{re.escape(page.replace('-', chr(92) + '-'))} \\- \S",
                     text, re.M)


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
@pytest.mark.parametrize("page", NAMES)
def test_the_page_is_correct_roff(page):
    done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-K", "utf8", PAGES / f"{page}.1"],
                          capture_output=True, text=True)
    assert done.returncode == 0
    assert "warning" not in done.stderr and "error" not in done.stderr, done.stderr
    text = re.sub(".\b", "", done.stdout)  # bold is overstruck
    assert re.search(r"^NAME$", text, re.M) and re.search(r"^SYNOPSIS$", text, re.M)
