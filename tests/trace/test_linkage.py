"""What the tracer links shadows the traced program's own libraries: so it links nothing but
libc and libm, and exports nothing but what is interposed on purpose."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from both import BIN, plain, traced

TRACERS = sorted((BIN.parent / "libexec" / "pytracer").glob("pytracer-tracer-*.so"))

TRACER = "pytracer-tracer-%d.%d.so" % sys.version_info[:2]


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def interposed():
    """The names that are interposed on purpose."""
    lists = (Path(os.environ["PYTRACER_SOURCE"]) / "trace").glob("*/exports.list")
    return set(re.findall(r"(\w+);", "".join(path.read_text() for path in lists)))


@pytest.mark.parametrize("tracer", TRACERS, ids=lambda path: path.name)
def test_needs_libc_and_libm_alone(tracer):
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-d", tracer))
    allowed = (r"libc\.so\.6", r"libm\.so\.6", r"libpthread\.so.*", r"libdl\.so.*", r"ld-linux.*")
    assert needed and all(any(re.fullmatch(a, n) for a in allowed) for n in needed), needed


def test_probe_needs_nothing_and_exports_one_name():
    probe = BIN.parent / "libexec" / "pytracer" / "pytracer-probe.so"
    assert set(re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-d", probe))) <= {"libc.so.6", "libdl.so.2"}
    assert re.findall(r" T (\w+)", output("nm", "-D", "--defined-only", probe)) == ["__libc_start_main"]


@pytest.mark.parametrize("tracer", TRACERS, ids=lambda path: path.name)
def test_exports_only_what_is_interposed(tracer):
    exported = set()
    for line in output("readelf", "--dyn-syms", "--wide", tracer).splitlines():
        words = line.split()
        if len(words) == 8 and words[4] in ("GLOBAL", "WEAK") and words[6] != "UND" and words[3] in ("FUNC", "OBJECT", "IFUNC"):
            exported.add(words[7].split("@")[0])
    assert exported == interposed()


def test_program_finds_no_library_of_ours(tmp_path):
    """What the process has loaded is what plain Python has, and the tracer."""
    code = "import re\nprint(sorted(set(re.findall(r'/\\S*lib\\S*\\.so\\S*', open('/proc/self/maps').read()))))"
    left, right = (set(ast.literal_eval(call(["-c", code], tmp_path)[1])) for call in (plain, traced))
    assert right - left == {str(path) for path in TRACERS if path.name == TRACER} and left <= right


def test_tracer_of_every_configured_interpreter_is_built():
    assert TRACER in [path.name for path in TRACERS]


@pytest.mark.parametrize("tracer", TRACERS, ids=lambda path: path.name)
def test_loads_into_a_process_without_python(tracer):
    """As valgrind's first stage is one, and wrappers of interpreters."""
    done = subprocess.run(["cat", "/dev/null"], env={**os.environ, "LD_PRELOAD": str(tracer)}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
