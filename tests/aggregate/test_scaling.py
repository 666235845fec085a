"""What the program counts is what the model of benchmarks/scaling.md says: at 8 ranks in
the test "ci", at 64 oversubscribed ones in the "long" one (PYTRACER_TEST_RANKS)."""

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest
from traces import PARSE, make_traces

spec = importlib.util.spec_from_file_location(
    "scaling", Path(os.environ["PYTRACER_SOURCE"]) / "benchmarks" / "scaling.py")
scaling = importlib.util.module_from_spec(spec)
spec.loader.exec_module(scaling)

RANKS = int(os.environ.get("PYTRACER_TEST_RANKS", "8"))


def test_opens_bytes_and_messages_follow_the_model(tmp_path):
    """Blocks are whole only in streams of several megabytes: hence the size."""
    make_traces(tmp_path / "t", runs=4, calls=400, elements=4000, scalars=20000)
    seen = {r: scaling.counted(tmp_path / "t", tmp_path / "r.h5", r, PARSE)
            for r in (1, 4, 16, RANKS)}
    model = scaling.Model(seen[1], seen[4], seen[16], files=4)
    for ranks in (4, 16, RANKS):
        now = seen[ranks]
        opens, read, messages = (f(ranks) for f in (model.opens, model.read, model.messages))
        for phase in scaling.PHASES:
            assert now[phase]["opens"] == opens[phase], (ranks, phase)
            assert now[phase]["read"] == pytest.approx(read[phase], rel=0.08), (ranks, phase)
            # Callers are asked for only where a stretch parts a call from its own, by number or by key.
            asked = [q * model.asked(ranks) for q in range(3 if phase == "Aligned" else 1)]
            assert any(now[phase]["most messages"] == pytest.approx(messages[phase] + more, rel=0.1, abs=8)
                       for more in asked), (ranks, phase, now[phase]["most messages"], messages[phase])
        assert now["Aligned"]["sent"] == pytest.approx(model.sent_aligned(ranks), rel=0.08)


def test_extra_ranks_read_no_values(tmp_path):
    """5 MB in each run are not worth 4 ranks of 2 MB each: the ratio stays below 1.3."""
    make_traces(tmp_path / "t", runs=3, calls=80, elements=4000, scalars=100)
    files = sum(p.stat().st_size for p in (tmp_path / "t").iterdir())
    done = subprocess.run(
        scaling.MPIRUN + ["-n", "8", PARSE, "--directory", tmp_path / "t", "--output",
                          tmp_path / "r.h5", "--threads", "1", "--traffic"],
        check=True, capture_output=True, text=True)
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    read = sum(int(row[3]) for row in rows if row[0][2:] in scaling.PHASES)
    assert files <= read + (1 << 20) and read <= 1.3 * files
