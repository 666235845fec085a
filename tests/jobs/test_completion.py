"""Completion in bash and zsh offers what the commands' help names."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import PYTRACER, environment

FOLDER = Path(os.environ["PYTRACER_SOURCE"]) / "jobs/completion"
COMMANDS = re.findall(r"^  ([a-z]+) ", subprocess.run(
    [PYTRACER, "--help"], capture_output=True, text=True, check=True).stdout.split("Commands:")[1]
    .split("\n\n")[0], re.M)


def complete(*words, cwd="/"):
    """What bash would offer for the last word."""
    quoted = " ".join(f"'{w}'" for w in ("pytracer", *words))
    program = (f"source '{FOLDER}/pytracer.bash'; compopt() {{ :; }}; COMP_WORDS=({quoted}); "
               f"COMP_CWORD={len(words)}; _pytracer; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    env = environment()
    env["PATH"] = f"{PYTRACER.parent}:{env['PATH']}"
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, env=env, cwd=cwd)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return {line for line in done.stdout.splitlines() if line}


def test_the_first_word_is_a_command():
    assert len(COMMANDS) > 8
    assert complete("") == {*COMMANDS, "--help", "--version"}
    assert complete("vis") == {"visualize"}
    assert complete("help", "cl") == {"clean"}


@pytest.mark.parametrize("command", COMMANDS)
def test_options_are_those_of_the_help(command):
    text = subprocess.run([PYTRACER, "help", command], capture_output=True, text=True,
                          cwd="/").stdout
    options = set(re.findall(r"(?:^|[ ,\[])(--[a-z][a-z0-9-]*)", text, re.M))
    assert "--help" in options
    assert complete(command, "--") == options


def test_values_are_offered_where_they_are_known(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    assert complete("run", "--method", "") == {"cnh", "general"}
    assert complete("info", "--directory", "f", cwd=tmp_path) == {"folder"}


def test_behind_the_program_its_own_words_are_left_alone():
    assert complete("run", "-n", "3", "--", "x.py", "--") == set()
    assert complete("trace", "--command", "x.py", "--") == set()


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh_accepts_its_script():
    done = subprocess.run(["zsh", "-n", FOLDER / "_pytracer"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
