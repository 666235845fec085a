"""A hundred programs killed at random moments: what is on disk is sound."""

import random
import re
import signal
import time

from real import start, traces, verified

PROGRAM = """
import numpy as np
rng = np.random.default_rng(0)
np.linalg.solve(np.eye(2), np.ones(2))
print("ready", flush=True)
while True:
    a = rng.normal(size=(30, 30))
    np.linalg.solve(a, a[0])
    np.sum(a)
"""


def test_a_program_killed_at_any_moment_leaves_a_sound_trace(tmp_path):
    draw = random.Random(17)
    with_calls = 0
    for i in range(100):
        folder = tmp_path / str(i)
        folder.mkdir()
        program = start(folder, PROGRAM)
        assert program.stdout.readline() == "ready\n"
        time.sleep(draw.uniform(0, 0.8))
        program.send_signal(signal.SIGKILL)
        program.communicate()
        (trace,) = traces(folder)
        assert trace.suffix == ".part"
        line = verified(trace)
        assert "sound, but not sealed" in line
        with_calls += int(re.search(r"(\d+) calls", line)[1]) > 0
        trace.unlink()
    assert with_calls > 50
