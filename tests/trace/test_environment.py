"""The section "environment" of the configuration: variables of each run, for those who
bring their own noise. A stand-in library reads its seed from one."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from both import BIN, PYTHON, environment, header, metadata, run, traces

PYTRACER = str(BIN / "pytracer")
STANDIN = str(Path(os.environ["PYTRACER_TESTS_BIN"]) / "pt_standin.so")
PROGRAM = """\
import math, os
def noisy(x):
    return sum((math.exp(x + i / 64) - math.exp(x)) * 2.0 ** 20 for i in range(40))
print(os.environ.get("STANDIN_SEED"), os.environ.get("STANDIN_RUN"), os.environ.get("TAKEN"),
      repr(noisy(0.3)))
"""


@pytest.fixture
def configuration(tmp_path):
    (tmp_path / "x.py").write_text(PROGRAM)
    path = tmp_path / "c.json"
    path.write_text(json.dumps({
        "modules_to_load": ["__main__"],
        "environment": {"LD_PRELOAD": STANDIN, "STANDIN_SEED": "{seed}",
                        "STANDIN_RUN": "{run_index}/{run_index} of {x}", "TAKEN": None}}))
    return str(path)


def words(out):
    return re.fullmatch(r"(\S+) (.*) (\S+) (\S+)\n", out).groups()


def test_each_run_has_its_seed_and_index(configuration, tmp_path):
    done = subprocess.run(
        [PYTRACER, "run", "-n", "4", "-j", "2", "--seed", "5", "--no-fuzzy", "--python", PYTHON,
         "--config", configuration, "--experiment", "e", "--", "x.py"],
        cwd=tmp_path, env=environment(TAKEN="here", OMPI_ALLOW_RUN_AS_ROOT="1",
                                      OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1"),
        capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    seeds = [str(r["seed"]) for r in json.loads((tmp_path / "e/experiment.json").read_text())["runs"]]
    said = [words((tmp_path / f"e/logs/run-{i:04}.out").read_text()) for i in range(1, 5)]
    assert [s[0] for s in said] == seeds
    assert [s[1] for s in said] == [f"{i}/{i} of {{x}}" for i in range(1, 5)]
    assert {s[2] for s in said} == {"None"}
    assert len({s[3] for s in said}) > 1  # the noise is the library's
    assert "__main__.noisy" in done.stdout


def test_without_a_seed_one_is_drawn_and_recorded(configuration, tmp_path):
    command = [BIN / "pytracer-trace", "--python", PYTHON, "--config", configuration, "--command", "x.py"]
    first, second = (run(command, tmp_path) for i in range(2))
    assert first[0] == 0 and words(first[1])[0] != words(second[1])[0]
    assert {str(header(t)["seed"]) for t in traces(tmp_path)} == {words(first[1])[0], words(second[1])[0]}
    assert words(first[1])[1] == "0/0 of {x}"
    # the same seed gives the same noise
    again = run([*command[:-2], "--seed", words(first[1])[0], "--command", "x.py"], tmp_path)
    assert again[1] == first[1]


def test_the_program_alone(configuration, tmp_path):
    done = run([PYTRACER, "fuzz", "--python", PYTHON, "--config", configuration, "--fuzzy=off", "--seed", "9",
                "--", "x.py"], tmp_path)
    assert words(done[1])[:2] == ("9", "0/0 of {x}")


@pytest.mark.parametrize("value, told", [
    ('["A=1"]', "object"), ('{"A": 1}', "'A' must be a string"), ('{"A=B": "1"}', "A=B"), ('{"": "1"}', "variable")])
def test_what_is_no_environment_is_refused(tmp_path, value, told):
    (tmp_path / "c.json").write_text('{"environment": %s}' % value)
    status, out, err = run([BIN / "pytracer-trace", "--config", "c.json", "--command", "-c", "1"], tmp_path)
    assert status == 1 and told in err and len(err.splitlines()) == 1
