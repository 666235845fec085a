"""The same tests with other interpreters (each with a tracer built for it) and with the newest
numpy, SciPy and scikit-learn. Interpreters are looked for on PATH, in pyenv's folder and in
PYTRACER_OTHER_PYTHONS (colons between); what is not found is skipped and named."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
SOURCE = Path(os.environ["PYTRACER_SOURCE"])
NEWEST = ["numpy", "scipy", "scikit-learn"]


def version_of(python):
    asked = subprocess.run([python, "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True)
    return asked.stdout.strip()


def find(version):
    """An interpreter of that version, other than the one of the tests where there is another."""
    places = os.environ.get("PYTRACER_OTHER_PYTHONS", "").split(":")
    places += sorted(map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python3")))
    places += [shutil.which("python" + version)]
    return next((place for place in places if place and Path(place).is_file() and version_of(place) == version), None)


def build(folder, python):
    """The folder of the programs, with a tracer for that interpreter."""
    commands = [["cmake", "-S", SOURCE, "-B", folder, "-DCMAKE_BUILD_TYPE=Release", "-DPYTRACER_TESTS=OFF",
                 f"-DPython3_EXECUTABLE={python}"],
                ["cmake", "--build", folder, "-j2", "--target", "pytracer-trace", "pytracer-tracer-" + version_of(python)]]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode and "the headers of" in done.stdout + done.stderr:
            pytest.skip(f"{python} has no headers")
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return folder / "bin"


def install(folder, python):
    """An interpreter with the newest packages; skips where they cannot be had."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    done = subprocess.run([folder / "bin/python", "-m", "pip", "install", "-q", *NEWEST], capture_output=True, text=True)
    if done.returncode:
        pytest.skip("no packages from the registry: " + done.stderr[-300:])
    return folder / "bin" / "python"


def run_tests(python, programs, files, *options):
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *(FOLDER / f for f in files)],
                          env={**os.environ, "PYTRACER_TRACED_PYTHON": str(python), "PYTRACER_BIN": str(programs)},
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 20


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_other_interpreters_are_traced_in_the_same_way(version, tmp_path):
    python = find(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    run_tests(python, build(tmp_path / "build", python), ["test_python_functions.py"],
              "-k", "not changed_in_place and not joblib and not reloaded")  # which want packages


@pytest.mark.parametrize("version", ["own", "3.12", "3.13"])
def test_newest_packages_are_traced_in_the_same_way(version, tmp_path):
    python = sys.executable if version == "own" else find(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    newest = install(tmp_path / "venv", python)
    programs = Path(os.environ["PYTRACER_BIN"]) if version == "own" else build(tmp_path / "build", python)
    run_tests(newest, programs, ["test_compiled.py", "test_ufuncs.py", "test_python_functions.py"])
