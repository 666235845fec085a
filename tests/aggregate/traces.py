"""Traces as the tests want them: what a run did, written down in Python and turned into
a trace by write_trace."""

import os
import subprocess

import numpy as np

BIN = os.environ["PYTRACER_BIN"]
TESTS_BIN = os.environ["PYTRACER_TESTS_BIN"]
PARSE = os.path.join(BIN, "pytracer-parse")

MPIRUN = ["mpirun", "--oversubscribe", "--bind-to", "none", "--mca", "pml", "ob1",
          "--mca", "btl", "self,vader"]


class Run:
    """One process of one run."""

    def __init__(self, run_id, program="program.py", seed=None, role=(0, 0, ""),
                 experiment="exp", created=None, metadata=None):
        self.lines = []
        seed = 1000 + run_id if seed is None else seed
        created = 1700000000000000000 + run_id if created is None else created
        self.add("H", program, run_id, seed, role[0], role[1], role[2], experiment,
                 created)
        for key, value in (metadata or {}).items():
            self.add("M", key, value)

    def add(self, *fields):
        self.lines.append("\t".join(str(f) for f in fields))

    def value(self, name, data, form=2):
        """A number, an array, or a text (a label)."""
        if data is None:
            self.add("V", name, 3, "S", 0, form, "-", "")
        elif isinstance(data, str):
            raw = b"str\0" + data.encode()
            self.add("V", name, 2, "S", 1, form, "-", raw.hex())
        else:
            data = np.asarray(data)
            kind, item = data.dtype.kind, data.dtype.itemsize
            shape = ",".join(str(n) for n in data.shape) or "-"
            self.add("V", name, 1, kind, item, form, shape,
                     np.ascontiguousarray(data).tobytes().hex())

    def enter(self, name, inputs=(), line=1, module="mod", file="/src/mod.py", kind=1,
              site_line=10, thread=0, site_name="main"):
        for key, data in dict(inputs).items():
            self.value(key, data)
        self.add("E", module, name, file, line, kind, "/src/main.py", site_line,
                 site_name, thread)

    def leave(self, outputs=(), exception="-"):
        for key, data in dict(outputs).items():
            self.value(key, data)
        self.add("X", exception)

    def call(self, name, inputs=(), outputs=(), **where):
        exception = where.pop("exception", "-")
        self.enter(name, inputs, **where)
        self.leave(outputs, exception)

    def write(self, path, unsealed=False, packed=False):
        command = [os.path.join(TESTS_BIN, "write_trace")] + ["-u"] * unsealed + ["-z"] * packed
        text = "\n".join(self.lines) + "\n"
        subprocess.run(command + [str(path)], input=text.encode(), check=True)


def write_runs(folder, runs, **how):
    folder.mkdir(exist_ok=True)
    for i, run in enumerate(runs):
        run.write(folder / f"{i:04d}.trace", **how)


def make_traces(folder, **size):
    subprocess.run([os.path.join(TESTS_BIN, "..", "benchmarks", "make_traces"), str(folder)] +
                   [f"{k}={v}" for k, v in size.items()], check=True)


def parse(*arguments, ranks=0, threads=1, cwd=None, environment=None, check=True,
          before=None):
    """Runs pytracer-parse; ranks 0: without mpirun. before: called in the child."""
    command = (MPIRUN + ["-n", str(ranks)] if ranks else []) + [PARSE]
    if ranks and "--least-share" not in arguments:
        command += ["--least-share", "0"]  # the traces are small: all ranks work
    env = dict(os.environ, OMP_NUM_THREADS=str(threads), **(environment or {}))
    done = subprocess.run(command + [str(a) for a in arguments], cwd=cwd, env=env,
                          capture_output=True, text=True, timeout=120,
                          preexec_fn=before)
    if check:
        assert done.returncode == 0, done.stderr
    return done
