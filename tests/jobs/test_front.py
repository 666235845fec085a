"""pytracer itself: dispatch, help, versions, the original's four lines."""

import re
import shutil
import signal
import subprocess
import urllib.request

import pytest

from conftest import BIN, NUMERICAL, PYTRACER, environment, one_line



def test_without_a_command_the_help_is_shown_as_an_error(pytracer):
    done = pytracer()
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("usage: pytracer COMMAND")


@pytest.mark.parametrize("args", [["--help"], ["-h"], ["help"]])
def test_help_lists_the_commands(pytracer, args):
    done = pytracer(*args)
    assert done.returncode == 0
    for command in ("run", "trace", "parse", "visualize", "info", "clean"):
        assert re.search(rf"^  {command} ", done.stdout, re.M)


@pytest.mark.parametrize("command", ["run", "info", "clean", "help"])
def test_each_command_explains_itself_in_both_ways(pytracer, command):
    done = pytracer(command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: pytracer ")
    assert pytracer("help", command).stdout == done.stdout
    assert pytracer(command, "-h").stdout == done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 92


def test_help_of_a_sibling_is_its_own(pytracer):
    own = subprocess.run([BIN / "pytracer-trace", "--help"], capture_output=True, text=True)
    assert own.returncode == 0
    assert pytracer("help", "trace").stdout == own.stdout
    assert pytracer("trace", "--help").stdout == own.stdout


def test_the_version_is_that_of_the_build(pytracer):
    assert re.fullmatch(r"pytracer \d+\.\d+\.\d+\n(  commit:   [0-9a-f]{7,}(-dirty)?\n)?"
                        r"  compiler: \S+ \d[\d.]*, \w+, \S+\n", pytracer("--version").stdout)
    parse = subprocess.run([BIN / "pytracer-parse", "--version"], capture_output=True, text=True).stdout
    assert re.search(r"^  MPI: +\S.*\n  HDF5: +\d+\.\d+\.\d+, parallel$", parse, re.M)
    viewer = subprocess.run([BIN / "pytracer-viz", "--version"], capture_output=True, text=True).stdout
    assert re.search(r"^  libmicrohttpd: \d", viewer, re.M)


@pytest.mark.parametrize("word, meant", [("prase", "parse"), ("visualise", "visualize"),
                                         ("Run", "run"), ("infos", "info")])
def test_an_unknown_command_is_answered_with_the_nearest(pytracer, word, meant):
    done = pytracer(word)
    assert done.returncode == 2
    one_line(done, f"'{word}'", f"did you mean '{meant}'")


def test_an_unknown_command_without_a_near_one_points_to_the_help(pytracer):
    one_line(pytracer("frobnicate"), "'frobnicate'", "--help")
    one_line(pytracer("help", "frobnicate"), "'frobnicate'")


@pytest.mark.parametrize("command", ["run", "info", "clean"])
def test_a_misspelt_option_is_answered_with_the_nearest(pytracer, command):
    done = pytracer(command, "--confg", "x")
    assert done.returncode == 2
    one_line(done, f"pytracer {command}:", "'--confg'", "'--config'")


def test_a_missing_sibling_is_named(tmp_path):
    shutil.copy(PYTRACER, tmp_path / "pytracer")
    done = subprocess.run([tmp_path / "pytracer", "parse"], capture_output=True, text=True)
    one_line(done, "pytracer-parse is not installed", tmp_path)


def test_a_closed_output_is_an_error(pytracer):
    with open("/dev/full", "w") as full:
        done = subprocess.run([PYTRACER, "--help"], stdout=full, stderr=subprocess.PIPE,
                              text=True)
    one_line(done, "cannot write")


def test_trace_takes_the_rest_of_the_line_as_it_is(pytracer, script):
    path = script("import sys; print(sys.argv[1:]); sys.exit(7)")
    done = pytracer("trace", "--command", path, "--help", "a b", "--", "-n\n5")
    assert done.returncode == 7
    assert done.stdout == repr(["--help", "a b", "--", "-n\n5"]) + "\n"


@pytest.mark.parametrize("command", [["trace", "--command", "x.py"], ["info"], ["clean"],
                                     ["run", "-n", "1", "x.py"]])
def test_a_wrong_configuration_is_named_by_each_command(pytracer, script, tmp_path, command):
    script("pass")
    (tmp_path / "c.json").write_text('{"modules_to_laod": []}')
    done = pytracer(*command, env={"PYTRACER_CONFIG": "c.json"})
    one_line(done, "c.json", "'modules_to_laod'", "'modules_to_load'")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.json", "x.py"]
    done = pytracer(*command, env={"PYTRACER_CONFIG": "none.json"})
    one_line(done, "none.json", "PYTRACER_CONFIG")


def test_the_originals_four_lines(pytracer, script, tmp_path):
    script(NUMERICAL)
    assert pytracer("clean").returncode == 0
    done = pytracer("trace", "--command", "x.py")
    assert done.returncode == 0 and done.stdout
    done = pytracer("parse")
    assert done.returncode == 0, done.stderr
    done = pytracer("info")
    assert done.returncode == 0
    traces, results = done.stdout.split("========== Aggregation ==========")
    assert traces.startswith("========== Traces ==========\n")
    assert "x.py" in re.search(r"Args:\t(.*)", traces)[1]
    name = re.search(r"Name:\t(.*\.trace)", traces)[1]
    assert re.search(r"Traces:\t(.*)", results)[1] == name
    result = re.search(r"Path:\t(.*\.h5)", results)[1]
    assert result.startswith(str(tmp_path / ".__pytracercache__/stats/stats."))
    viewer = subprocess.Popen([PYTRACER, "visualize", "--filename", result], cwd=tmp_path,
                              stdout=subprocess.PIPE, text=True, env=environment())
    try:
        url = next(m for m in map(re.compile(r"Running on (\S+)").search, viewer.stdout) if m)
        assert urllib.request.urlopen(url[1], timeout=10).status == 200
    finally:
        viewer.send_signal(signal.SIGINT)
        assert viewer.wait(timeout=20) == 0
    assert pytracer("clean").returncode == 0
    assert [p.name for p in tmp_path.iterdir()] == ["x.py"]
