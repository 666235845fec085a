"""What a rank may use is bounded whatever the size of the traces: memory, open files."""

import os
import resource
import subprocess

import pytest
from test_parse import assert_same, contents
from traces import PARSE, make_traces, parse


def limited(which, value):
    """For preexec_fn: the child's limit of one resource."""
    return lambda: resource.setrlimit(which, (value, value))


@pytest.mark.parametrize("ranks", [0, 3])
def test_content_is_the_same_where_memory_is_in_files(tmp_path, ranks):
    """Pieces of 4 MiB and more are in files: the calls of each run, the
    joined ones, the values."""
    make_traces(tmp_path / "t", runs=2, calls=20, elements=300, scalars=40000, extra=2)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "1.h5", ranks=ranks)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "2.h5", "--memory", "0",
          "--scratch", tmp_path, ranks=ranks)
    assert_same(contents(tmp_path / "1.h5"), contents(tmp_path / "2.h5"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1.h5", "2.h5", "t"]


def test_thousands_of_traces_need_few_open_files(tmp_path):
    make_traces(tmp_path / "t", runs=1500, calls=1, elements=20, scalars=1)
    done = parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5",
                 before=limited(resource.RLIMIT_NOFILE, 128))
    assert "1500 runs" in done.stdout


def test_where_the_scratch_folder_is_full_memory_is_used(tmp_path):
    """In a mount namespace of its own, on a file system of 256 kB."""
    make_traces(tmp_path / "t", runs=2, calls=0, elements=0, scalars=50000)
    small = tmp_path / "small"
    small.mkdir()
    script = (f"mount -t tmpfs -o size=256k none {small} || exit 77; "
              f"{PARSE} --threads 1 --directory {tmp_path}/t --output {tmp_path}/r.h5 "
              f"--memory 0 --scratch {small}; echo status $?")
    apart = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    done = subprocess.run([*apart, "sh", "-c", script], timeout=60, capture_output=True,
                          text=True)
    if done.returncode == 77 or "unshare failed" in done.stderr:
        pytest.skip("no mount namespaces here: " + done.stderr.strip())
    assert "status 0" in done.stdout
    assert f"more memory than --memory says was used ({small}: No space" in done.stderr
    parse("--directory", tmp_path / "t", "--output", tmp_path / "s.h5")
    assert_same(contents(tmp_path / "r.h5"), contents(tmp_path / "s.h5"))


def test_a_limit_of_the_size_of_files_is_an_error(tmp_path):
    make_traces(tmp_path / "t", runs=2, calls=0, elements=0, scalars=50000)
    done = parse("--directory", tmp_path / "t", "--output", tmp_path / "r.h5",
                 check=False, before=limited(resource.RLIMIT_FSIZE, 1 << 20))
    assert done.returncode == 1
    assert "r.h5.tmp" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["t"]
