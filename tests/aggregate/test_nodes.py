"""Two nodes made of network namespaces, each with a name, /dev/shm and /tmp of its own,
and mpirun over both: the content is that of one process."""

import importlib.util
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from test_parse import assert_same, contents
from traces import PARSE, make_traces, parse

spec = importlib.util.spec_from_file_location(
    "slurm_nodes", Path(__file__).parent.parent / "slurm" / "conftest.py")
nodes_of = importlib.util.module_from_spec(spec)
spec.loader.exec_module(nodes_of)


@pytest.fixture
def nodes(tmp_path):
    missing = [p for p in ("ip", "nsenter", "unshare", "mpirun") if not nodes_of.daemon(p)]
    if missing:
        pytest.skip(f"no {', '.join(missing)}")
    if os.geteuid() != 0:
        pytest.skip("network namespaces are made as root")
    shared = [tmp_path, Path(PARSE)]
    pair = [nodes_of.Namespace(f"ptm{i}", f"10.213.7.{i}", tmp_path, shared) for i in (1, 2)]
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n" +
                                    "".join(f"{n.address} {n.name}\n" for n in pair))
    try:
        nodes_of.connect(*pair)
    except subprocess.CalledProcessError as error:
        nodes_of.disconnect(*pair)
        pytest.skip("no network namespaces here: " + error.stderr.strip())
    yield pair
    nodes_of.disconnect(*pair)


def agent(folder, nodes):
    """What mpirun calls in the place of ssh: <name> <command …>."""
    lines = ["#!/bin/sh", "name=$1; shift", "case $name in"]
    for node in nodes:
        inside = " ".join(shlex.quote(word) for word in node.inside)
        lines.append(f'{node.name}|{node.address}) exec {inside} sh -c "$*";;')
    path = folder / "agent"
    path.write_text("\n".join(lines + ["esac"]) + "\n")
    path.chmod(0o755)
    return path


def test_two_nodes_give_the_content_of_one_process(tmp_path, nodes):
    make_traces(tmp_path / "t", runs=4, calls=30, elements=2000, scalars=300, extra=3, ranks=2)
    parse("--directory", tmp_path / "t", "--output", tmp_path / "1.h5")
    mpirun = [shutil.which("mpirun"), "--host", ",".join(f"{n.name}:2" for n in nodes),
              "-n", "4", "--bind-to", "none",
              "--mca", "plm_rsh_agent", str(agent(tmp_path, nodes)),
              "--mca", "oob_tcp_if_include", "cable", "--mca", "btl", "self,vader,tcp",
              "--mca", "btl_tcp_if_include", "cable", "--mca", "pml", "ob1"]
    done = subprocess.run(
        [*nodes[0].inside, *mpirun, PARSE, "--threads", "1", "--least-share", "0",
         "--directory", tmp_path / "t", "--output", tmp_path / "2.h5"],
        env=dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1"),
        capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "4 ranks of 1 thread, 2 on this node" in done.stderr
    assert_same(contents(tmp_path / "1.h5"), contents(tmp_path / "2.h5"))
