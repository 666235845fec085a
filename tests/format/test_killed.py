"""A hundred programs killed at random moments: what is on disk is sound, and is every call up
to some moment, none missing before it."""

import json
import os
import random
import signal
import struct
import subprocess
import time
from pathlib import Path

import pytest
from real import start, traces, verified

DUMP = Path(os.environ["PYTRACER_TESTS_BIN"]) / "dump_trace"
# A call's records take some 300 bytes: what can be lost are blocks that were not full yet, and
# those that were on their way to the disk.
LOST = 16 << 20
# The number of calls made is kept where it survives the process.
PROGRAM = """
import mmap, os
import numpy as np
with open("made", "wb") as file: file.write(bytes(8))
made = mmap.mmap(os.open("made", os.O_RDWR), 8)
np.square(0.0)
print("ready", flush=True)
a, i = np.empty(30), 0
while True:
    a[:] = i
    np.sum(a)
    i += 1
    made[:] = i.to_bytes(8, "little")
"""


def array(told):
    return struct.unpack(f"<{len(told['data']) // 16}d", bytes.fromhex(told["data"]))


def recovered(trace):
    """(argument, result or None) of each call of numpy.sum, in order, up to the first one whose
    values were in a block that was not full: there, and nowhere else, the dump ends."""
    calls, results = {}, {}
    done = subprocess.run([DUMP, trace], capture_output=True)
    lines = done.stdout.splitlines()
    for line in lines if done.returncode == 0 else lines[:-1]:
        event = json.loads(line)
        values = {v["name"]: v for v in event["values"]}
        if event["event"] == "enter":
            if (event["module"], event["function"]) == ("numpy", "sum"):
                calls[event["time"]] = array(values["a"])
        elif event["call"] in calls:
            results[event["call"]] = array(values["Ret"])[0]
    return [(calls[time], results.get(time)) for time in sorted(calls)]


@pytest.mark.parametrize("seed", range(10))
def test_a_program_killed_at_any_moment_leaves_all_calls_up_to_a_moment(seed, tmp_path):
    draw, with_calls = random.Random(seed), 0
    for i in range(10):
        folder = tmp_path / str(i)
        folder.mkdir()
        program = start(folder, PROGRAM)
        assert program.stdout.readline() == "ready\n"
        time.sleep(draw.uniform(0, 0.4))
        program.send_signal(signal.SIGKILL)
        program.communicate()
        (trace,) = traces(folder)
        assert trace.suffix == ".part"
        assert "sound, but not sealed" in verified(trace)
        made = int.from_bytes((folder / "made").read_bytes(), "little")
        calls = recovered(trace)
        assert [argument for argument, _ in calls] == [(float(k),) * 30 for k in range(len(calls))]
        ended = [result for _, result in calls if result is not None]
        assert ended == [30.0 * k for k in range(len(ended))] and len(ended) >= len(calls) - 1
        assert len(ended) <= made + 1 and (made - len(ended)) * 300 < LOST
        with_calls += len(calls) > 0
        trace.unlink()
    assert with_calls > 3
