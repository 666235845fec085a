# benchmark: what compressing traces would save and cost, beside a plain write of the same bytes
"""Traces the forty programs of tests/workloads under stochastic rounding, as `pytracer run` does,
and compresses the blocks of their traces one by one, as a writer would.

    payload_compression.py [--most MB] [NAME ...]

Prints one Markdown table, one row for each stream of the trace: its bytes, and of lz4 and zstd
(level 1), without and with the bytes of 8-byte words sorted by their place ("shuffle"), the
ratio and the speed of one thread (processor time). Beside them the speed of a plain pwrite of the
same bytes, fsync included: compression pays only where its ratio exceeds 1.3 and it is no slower
than that. Of a program, at most --most MB are taken. liblz4 and libzstd are loaded by name.
"""

import argparse
import ctypes
import ctypes.util
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from forty import ENVIRONMENT, PROGRAMS
from trace_overhead import TRACE, write_seconds

STREAMS = {3: "skeleton", 4: "values", 5: "payloads"}  # FORMAT.md
HEADER, BLOCK = 4096, 80


def library(name):
    found = ctypes.util.find_library(name)
    if not found:
        raise SystemExit(f"no lib{name} here")
    return ctypes.CDLL(found)


def lz4():
    function = library("lz4").LZ4_compress_default
    return lambda data, out: function(data, out, len(data), len(out))


def zstd():
    function = library("zstd").ZSTD_compress
    function.restype = ctypes.c_size_t
    return lambda data, out: function(out, ctypes.c_size_t(len(out)), data, ctypes.c_size_t(len(data)), 1)


def shuffled(data):
    return np.ascontiguousarray(np.frombuffer(data, "u1").reshape(-1, 8).T).tobytes()


def blocks(path):
    """(stream, body) of each block of a trace."""
    data = path.read_bytes()
    at = HEADER
    while at + BLOCK <= len(data) and data[at:at + 4] == b"PTBK":
        stream, codec, stored = struct.unpack_from("<HH24xQ", data, at + 4)
        assert codec == 0
        yield stream, data[at + BLOCK:at + BLOCK + stored]
        at += (BLOCK + stored + 7) // 8 * 8


def traced(program, folder, most):
    """The bodies of the program's trace by stream."""
    command = [TRACE, "--python", sys.executable, "--fuzzy=numpy,python", "--seed", "1", "--output", folder / "trace",
               "--command", program]
    subprocess.run(command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    bodies = {stream: [] for stream in STREAMS}
    size = 0
    for stream, body in blocks(folder / "trace"):
        size += len(body)
        if stream in bodies and size <= most:
            bodies[stream].append(body)
    (folder / "trace").unlink()
    return bodies


def measure(bodies, compress, shuffle):
    """(bytes before, bytes after, seconds)"""
    before = after = 0
    begin = time.process_time()
    for body in bodies:
        out = ctypes.create_string_buffer(len(body) + len(body) // 16 + 1024)
        bytes_out = compress(shuffled(body) if shuffle else body, out)
        assert 0 < bytes_out <= len(out)
        before, after = before + len(body), after + min(bytes_out, len(body))  # else it is stored as it is
    return before, after, time.process_time() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=100)
    parser.add_argument("names", nargs="*", help="parts of the names of the programs")
    options = parser.parse_args()
    ways = [(name, make(), shuffle) for name, make in (("lz4", lz4), ("zstd", zstd)) for shuffle in (False, True)]
    totals = {(stream, way): [0, 0, 0.0] for stream in STREAMS for way in range(len(ways))}
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name).resolve()
        for program in PROGRAMS:
            if options.names and not any(part in program.stem for part in options.names):
                continue
            for stream, bodies in traced(program, folder, options.most * 1_000_000).items():
                for way, (_, compress, shuffle) in enumerate(ways):
                    total = totals[stream, way]
                    total[:] = (a + b for a, b in zip(total, measure(bodies, compress, shuffle)))
        print("| stream | MB | " + " | ".join(f"{name}{', shuffle' if shuffle else ''}" for name, _, shuffle in ways)
              + " | plain write |")
        print("|---|---|" + "---|" * len(ways) + "---|")
        for stream, label in STREAMS.items():
            size = totals[stream, 0][0]
            if size:
                cells = (f"{before / after:.2f}× at {before / seconds / 1e6:.0f} MB/s"
                         for before, after, seconds in (totals[stream, way] for way in range(len(ways))))
                print(f"| {label} | {size / 1e6:.0f} | " + " | ".join(cells)
                      + f" | {size / write_seconds(size, folder) / 1e6:.0f} MB/s |")


if __name__ == "__main__":
    main()
