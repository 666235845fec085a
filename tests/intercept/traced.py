"""Runs a small program under pytracer-trace and reads its trace back as calls."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy

TRACE = str(Path(os.environ["PYTRACER_BIN"]) / "pytracer-trace")
DUMP = str(Path(os.environ["PYTRACER_TESTS_BIN"]) / "dump_trace")
# The interpreter of the traced programs; another one than that of the tests if asked for.
PYTHON = os.environ.get("PYTRACER_TRACED_PYTHON", sys.executable)

BUILTIN_DTYPES = {"b1": "?", "S1": "S1"}
REASONS = {1: "depth", 2: "size", 3: "cycle", 4: "raised", 5: "limit", 6: "unsupported", 7: "small",
           8: "full"}


class Value:
    def __init__(self, told):
        self.name, self.reason, self.form = told["name"], REASONS.get(told["reason"]), told["form"]
        self.label = self.array = None
        self.elements, self.sampled, self.summary = told["elements"], told["storage"] == 3, told.get("summary")
        data = bytes.fromhex(told["data"])
        if told["kind"] == 2:
            kind, _, text = data.partition(b"\0")
            self.label = (kind.decode(), text.decode(errors="replace"))
        elif told["kind"] == 1:
            dtype = numpy.dtype(BUILTIN_DTYPES.get(told["dtype"], "<" + told["dtype"]))
            self.array = numpy.frombuffer(data, dtype)
            if not self.sampled:
                self.array = self.array.reshape(told["shape"])

    @property
    def number(self):
        assert self.array is not None and self.array.ndim == 0, self.name
        return self.array[()]


class Call:
    def __init__(self, enter):
        self.__dict__.update(enter)
        self.inputs = {v["name"]: Value(v) for v in enter["values"]}
        assert len(self.inputs) == len(enter["values"]) and all(v["call"] == self.time for v in enter["values"])
        self.outputs, self.exception, self.end, self.callees, self.flags = {}, None, None, [], None

    def close(self, event):
        self.outputs = {v["name"]: Value(v) for v in event["values"]}
        self.exception, self.end, self.flags = event["exception"] or None, event["time"], event["flags"]
        self.end_ns = event["ns"]

    @property
    def full(self):
        return f"{self.module}.{self.function}"


class Trace(list):
    """The calls of one trace, by the time of their entry."""

    def __init__(self, path):
        super().__init__()
        told = subprocess.run([DUMP, path], capture_output=True, check=True)
        open_calls = {}
        for line in told.stdout.decode(errors="replace").splitlines():
            event = json.loads(line)
            if event["event"] == "enter":
                call = open_calls[event["time"]] = Call(event)
                self.append(call)
                if call.parent:
                    open_calls[call.parent].callees.append(call)
            else:
                open_calls[event["call"]].close(event)

    def of(self, full):
        return [c for c in self if c.full == full]

    def one(self, full):
        found = self.of(full)
        assert len(found) == 1, f"{full}: {len(found)} of {[c.full for c in self]}"
        return found[0]

    def names(self):
        return [c.full for c in self]


def environment():
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTRACER_", "SLURM_", "VIRTUAL_ENV", "CONDA_"))}
    return {**kept, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def run_plain(folder, program, arguments=()):
    (folder / "script.py").write_text(program)
    return subprocess.run([PYTHON, "script.py", *arguments], cwd=folder, env=environment(), capture_output=True,
                          text=True, timeout=120)


def run_traced(folder, program, modules=("__main__",), arguments=(), options=(), **keys):
    """(what the program did, its trace)"""
    (folder / "script.py").write_text(program)
    configuration = folder / "configuration.json"
    configuration.write_text(json.dumps({"modules_to_load": list(modules), **keys}))
    done = subprocess.run(
        [TRACE, "--python", PYTHON, "--config", str(configuration), *options, "--command", "script.py", *arguments],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=120)
    traces = sorted((folder / ".__pytracercache__" / "traces").glob("*.trace"))
    return done, Trace(traces[-1]) if traces else None


def trace_of(folder, program, modules=("__main__",), **keys):
    """The trace of a program that succeeds."""
    done, trace = run_traced(folder, program, modules, **keys)
    assert done.returncode == 0, done.stderr
    return trace
