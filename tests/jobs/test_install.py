"""cmake --install into a prefix without root, which can be moved."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import NUMERICAL, environment

SOURCE = Path(os.environ["PYTRACER_SOURCE"])


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("install")
    subprocess.run([os.environ["PYTRACER_CMAKE"], "--install", os.environ["PYTRACER_BUILD"],
                    "--prefix", folder / "first"], check=True, capture_output=True)
    (folder / "first").rename(folder / "moved here")
    return folder / "moved here"


def call(prefix, *args, cwd, **kwargs):
    return subprocess.run([prefix / "bin" / args[0], *map(str, args[1:])], cwd=cwd, text=True,
                          capture_output=True, timeout=120, env=environment(), **kwargs)


def test_the_programs_say_their_version(prefix, tmp_path):
    programs = sorted(p.name for p in (prefix / "bin").iterdir())
    assert {"pytracer", "pytracer-trace"} <= set(programs)
    for program in programs:
        done = call(prefix, program, "--version", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(program)


def test_a_moved_prefix_traces(prefix, tmp_path):
    (tmp_path / "x.py").write_text(NUMERICAL)
    done = call(prefix, "pytracer", "trace", "--python", sys.executable, "--command", "x.py",
                cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    plain = subprocess.run([sys.executable, "x.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == plain.stdout
    (trace,) = (tmp_path / ".__pytracercache__/traces").iterdir()
    assert call(prefix, "pytracer", "info", trace, cwd=tmp_path).returncode == 0


def test_a_link_to_the_program_finds_its_siblings(prefix, tmp_path):
    (tmp_path / "pt").symlink_to(prefix / "bin/pytracer")
    done = subprocess.run([tmp_path / "pt", "trace", "--version"], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.startswith("pytracer-trace")


def test_documents_pages_and_examples_are_there(prefix):
    for name in ("share/man/man1/pytracer.1", "share/man/man1/pytracer-run.1",
                 "share/doc/pytracer/README.md", "share/doc/pytracer/LICENSE",
                 "share/doc/pytracer/CONFIGURATION.md", "share/doc/pytracer/FORMAT.md",
                 "share/pytracer/examples/stability/main.py"):
        assert (prefix / name).is_file(), name
    assert any((prefix / "libexec/pytracer").glob("pytracer-tracer-3.*"))
    assert not list(prefix.rglob("__pycache__"))


def test_nothing_names_the_build_or_the_source_folder(prefix):
    if not shutil.which("readelf"):
        pytest.skip("readelf is not installed")
    for path in [*(prefix / "bin").iterdir(), *(prefix / "libexec/pytracer").glob("pytracer-tracer-*")]:
        dynamic = subprocess.run(["readelf", "-d", path], capture_output=True, text=True).stdout
        assert os.environ["PYTRACER_BUILD"] not in dynamic, path
        assert str(SOURCE) not in dynamic, path


MODULES = next((p for p in map(Path, ("/usr/share/modules/init/bash",
                                      "/usr/share/lmod/lmod/init/bash")) if p.exists()), None)


@pytest.mark.skipif(MODULES is None, reason="environment-modules is not installed")
def test_the_module_puts_the_programs_on_the_path(prefix):
    (version,) = (p.name for p in (prefix / "share/modulefiles/pytracer").iterdir())
    done = subprocess.run(
        ["bash", "-c", f". {MODULES}; module use '{prefix}/share/modulefiles'; "
         f"module load pytracer/{version} && command -v pytracer && echo \"$PYTRACER_ROOT\" && "
         "pytracer --version && module unload pytracer && ! command -v pytracer"],
        capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr
    program, root, words = done.stdout.splitlines()[:3]
    assert (program, root) == (str(prefix / "bin/pytracer"), str(prefix))
    assert version in words


def test_cpack_makes_an_archive_that_runs(tmp_path):
    cpack = Path(os.environ["PYTRACER_CMAKE"]).with_name("cpack")
    if not cpack.exists():
        pytest.skip("cpack is not installed")
    subprocess.run([cpack, "--config", Path(os.environ["PYTRACER_BUILD"]) / "CPackConfig.cmake",
                    "-B", tmp_path / "out"], check=True, capture_output=True, cwd=tmp_path)
    (archive,) = (tmp_path / "out").glob("pytracer-*.tar.gz")
    subprocess.run(["tar", "-xf", archive, "-C", tmp_path], check=True)
    (program,) = tmp_path.glob("pytracer-*/bin/pytracer")
    done = subprocess.run([program, "--version"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("pytracer ")
