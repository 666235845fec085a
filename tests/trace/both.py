"""Runs a command line under plain Python and under pytracer-trace, in the same folder with
the same environment, and tells what differs."""

import json
import os
import re
import signal
import struct
import subprocess
import sys
from pathlib import Path

BIN = Path(os.environ["PYTRACER_BIN"])
TRACE = str(BIN / "pytracer-trace")
# The interpreter of the traced programs; another one than that of the tests if asked for.
PYTHON = os.environ.get("PYTRACER_TRACED_PYTHON", sys.executable)

# What a traced program spends its time in is traced too: interception at its busiest.
MODULES = ["__main__", "json", "threading", "subprocess", "multiprocessing", "concurrent", "queue"]


def environment(**changes):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTRACER_", "SLURM_", "VIRTUAL_ENV", "CONDA_"))}
    kept.update(PYTHONDONTWRITEBYTECODE="1", PYTHONHASHSEED="0")
    kept.update({k: str(v) for k, v in changes.items() if v is not None})
    return kept


def configure(folder, **keys):
    path = Path(folder) / "configuration.json"
    path.write_text(json.dumps({"modules_to_load": MODULES, **keys}))
    return str(path)


def run(command, cwd, env=None, stdin="", timeout=60):
    done = subprocess.run(
        command, cwd=cwd, env=env or environment(), input=stdin, capture_output=True,
        timeout=timeout, text=True, errors="surrogateescape")
    return done.returncode, done.stdout, done.stderr


def traced(arguments, cwd, options=(), **keys):
    """(status, stdout, stderr) of the program under the tracer."""
    return run([TRACE, "--python", PYTHON, *options, "--command", *arguments], cwd, **keys)


def plain(arguments, cwd, **keys):
    return run([PYTHON, *arguments], cwd, **keys)


def level(text):
    """Leaves out what differs from process to process: addresses, thread identifiers."""
    text = re.sub(r"0x[0-9a-f]{6,}", "0xADDRESS", text)
    return re.sub(r"(started|ident|pid)[ =]\d{3,}", r"\1 N", text)


def same(arguments, cwd, **keys):
    """Asserts that both behave alike; returns what they did."""
    configuration = configure(cwd)
    left = plain(arguments, cwd, **keys)
    right = traced(arguments, cwd, ("--config", configuration), **keys)
    assert level(right[1]) == level(left[1])
    assert level(right[2]) == level(left[2])
    assert right[0] == left[0]
    return left


def traces(cwd, sealed=True):
    folder = Path(cwd) / ".__pytracercache__" / "traces"
    return sorted(folder.glob("*.trace" if sealed else "*.trace*"))


def start(command, cwd, env=None):
    """A running process with pipes; the caller waits for it. Interrupts are as in a
    terminal, whatever this process was started with."""
    return subprocess.Popen(
        command, cwd=cwd, env=env or environment(), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))


def metadata(path):
    """The metadata of a trace as a dictionary; the last of two equal keys counts."""
    content = Path(path).read_bytes()
    found, at = {}, 4096
    while at + 80 <= len(content):
        magic, stream, _, _, _, _, stored = struct.unpack_from("<IHHQQQQ", content, at)
        if magic != 0x4B425450:
            break
        body = content[at + 80:at + 80 + stored]
        at += 80 + (stored + 7) // 8 * 8
        record = 0
        while stream == 1 and record < len(body):
            kind, _, size, key, value = struct.unpack_from("<HHIII", body, record)
            text = body[record + 16:record + 16 + key + value]
            if kind == 1:
                found[text[:key].decode()] = text[key:].decode()
            record += size
    return found


def header(path):
    content = Path(path).read_bytes()[:4096]
    fields = struct.unpack_from("<8sHHIqQQIIII8x64s64s64s1024s1024s", content)
    names = "magic major minor size created_ns run_id seed flags pid role_kind role_rank experiment host role_path program directory".split()
    return {n: f.split(b"\0")[0].decode("utf-8", "replace") if isinstance(f, bytes) and n != "magic" else f for n, f in zip(names, fields)}
