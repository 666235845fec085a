"""The tracer comes into the user's own interpreter by LD_PRELOAD: nobody sees that, and where
it does not come in, the program does not run."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from both import BIN, PYTHON, TRACE, environment, plain, run, same, traced, traces
from test_bad_input import refused

TESTS_BIN = Path(os.environ["PYTRACER_TESTS_BIN"])
STANDIN = TESTS_BIN / "pt_standin.so"
VERSION = subprocess.run([PYTHON, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True).stdout.strip()
NAMES = """
import os, subprocess, sys
names = lambda value: None if value is None else value.split(":")
print(names(os.environ.get("LD_PRELOAD")), os.environ == {os.fsdecode(k): os.fsdecode(v) for k, v in os.environb.items()})
print(subprocess.run(["sh", "-c", "echo ${LD_PRELOAD-none}"], capture_output=True, text=True).stdout)
"""


def pretend(folder, program):
    """A command that answers like the interpreter of the tests and names another program."""
    fake = folder / "fake"
    fake.write_text(f"#!/bin/sh\necho cpython; echo {VERSION}; echo {VERSION}.0; echo gil; echo {PYTHON}; echo '{program}'\n")
    fake.chmod(0o755)
    return fake


@pytest.mark.parametrize("value", [None, "", str(STANDIN), f"{STANDIN}:", f"{STANDIN} {STANDIN}"])
def test_variable_is_as_the_user_left_it(value, tmp_path):
    (tmp_path / "x.py").write_text(NAMES)
    same(["x.py"], tmp_path, env=environment(LD_PRELOAD=value))


@pytest.mark.parametrize("what", ["cmdline", "comm"])
def test_process_goes_by_its_own_words(what, tmp_path):
    code = f"import sys; print(open('/proc/self/{what}').read().rstrip(chr(0)).split(chr(0)), sys.argv, sys.orig_argv)"
    same(["-X", "utf8", "-c", code, "one", "", "two words"], tmp_path)


def test_executable_is_the_users(tmp_path):
    same(["-c", "import os, sys; print(os.readlink('/proc/self/exe'), sys.executable, sys._base_executable)"], tmp_path)


@pytest.mark.parametrize("name", ["two words", "a:b", "a: b"])
def test_installed_where_the_variable_cannot_say_it(name, tmp_path):
    prefix = tmp_path / name
    (prefix / "bin").mkdir(parents=True)
    shutil.copy(TRACE, prefix / "bin")
    shutil.copytree(BIN.parent / "libexec", prefix / "libexec")
    (tmp_path / "x.py").write_text(NAMES + "import pytracer; print(pytracer.__file__, sorted(os.listdir('/proc/self/fd'))[:4])")
    done = run([prefix / "bin/pytracer-trace", "--python", PYTHON, "x.py"], tmp_path)
    assert done[0] == 0 and done[2] == "", done[2]
    assert done[1].splitlines()[:2] == ["None True", "none"]
    assert str(prefix / "libexec") in done[1] and "['0', '1', '2', '3']" in done[1]
    assert len(traces(tmp_path)) == 1


def test_loader_that_ignores_the_variable_is_an_error(tmp_path):
    """As for a program with more privileges than its user: there it runs untraced."""
    strict = tmp_path / "strict"
    strict.write_text(f'#!/bin/sh\nunset LD_PRELOAD\nexec {PYTHON} "$@"\n')
    strict.chmod(0o755)
    (tmp_path / "x.py").write_text("print('not traced')")
    refused(run([TRACE, "--python", pretend(tmp_path, strict), "x.py"], tmp_path), "LD_PRELOAD", PYTHON)


def test_wrapper_that_keeps_the_variable_is_no_obstacle(tmp_path):
    wrapper = tmp_path / "wrapper"
    wrapper.write_text(f'#!/bin/sh\nexec {PYTHON} "$@"\n')
    wrapper.chmod(0o755)
    (tmp_path / "x.py").write_text("import sys; print(sys.argv, sys.executable)")
    expected = plain(["x.py", "1"], tmp_path)
    for python in (wrapper, pretend(tmp_path, wrapper)):
        assert run([TRACE, "--python", python, "x.py", "1"], tmp_path) == expected
    assert len(traces(tmp_path)) == 2


def test_interpreter_without_the_whole_of_pythons_api(tmp_path):
    fake = pretend(tmp_path, TESTS_BIN / "half_python")
    refused(run([TRACE, "--python", fake, "-c", "1"], tmp_path), "has no ", "Py", "--python")


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can try it")
def test_interpreter_of_secure_execution(tmp_path):
    real = subprocess.run([PYTHON, "-c", "import os; print(os.readlink('/proc/self/exe'))"], capture_output=True, text=True)
    python = tmp_path / "python3"
    shutil.copy(real.stdout.strip(), python)
    os.chown(python, 65534, 65534)
    python.chmod(0o4755)
    if run([python, "-ISc", "1"], tmp_path)[0] != 0:
        pytest.skip("a copy of the interpreter does not find its own files")
    done = run([TRACE, "--python", python, "-c", "print('not traced')"], tmp_path)
    assert done[0] == 1 and done[1] == "" and "LD_PRELOAD" in done[2]


def test_probe_answers_as_python_does(tmp_path):
    """Which interpreter it is, is read from the executable; without the probe Python says it."""
    prefix = tmp_path / "without"
    (prefix / "bin").mkdir(parents=True)
    shutil.copy(TRACE, prefix / "bin")
    shutil.copytree(BIN.parent / "libexec", prefix / "libexec", ignore=shutil.ignore_patterns("*probe*"))
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    (tmp_path / "name").symlink_to(PYTHON)
    wrapper = tmp_path / "wrapper"
    wrapper.write_text(f'#!{PYTHON}\nimport os, sys\nos.execv("{PYTHON}", ["{PYTHON}", *sys.argv[1:]])\n')
    wrapper.chmod(0o755)
    turns = Path(PYTHON).parent / ".." / Path(PYTHON).parent.name / Path(PYTHON).name
    for python in (PYTHON, tmp_path / "venv/bin/python3", tmp_path / "name", "./name", "./venv/bin/python", turns, "/" + PYTHON,
                   f"{tmp_path}/./name", wrapper):
        left, right = ([line for line in run([trace, "--dry-run", "--python", python, "-c", "1"], tmp_path)[1].splitlines()
                        if line.startswith("interpreter")] for trace in (prefix / "bin/pytracer-trace", TRACE))
        assert left == right and len(left) == 1, python


def test_child_interpreters_are_the_users(tmp_path):
    """subprocess and multiprocessing's spawn start plain interpreters; fork's are traced."""
    (tmp_path / "x.py").write_text("""
import multiprocessing, os, subprocess, sys
def work(n):
    return n * n, os.environ.get("LD_PRELOAD"), "pytracer" in open("/proc/self/maps").read()
if __name__ == "__main__":
    for method in ("spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            print(pool.map(work, range(3)))
    print(subprocess.run([sys.executable, "-c", "print('pytracer' in open('/proc/self/maps').read())"],
                         capture_output=True, text=True).stdout)
""")
    same(["x.py"], tmp_path)
