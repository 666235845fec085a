# benchmark: the viewer on a result of a million calls and 100 GB
"""Latency, memory and size of pytracer-viz, against the goals. Prints a Markdown table.

The result is made in a temporary folder (a sparse file: it reads as 100 GB and takes some
600 MB). PYTRACER_BIN names the folder of the programs. wrk, Chromium and Node.js (with
playwright-core, which the build folder of the tests has) are needed for some rows, which say
so where one of them is missing.
"""
import http.client
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(os.environ.get("PYTRACER_BIN", ROOT / "build/release/bin"))
CALLS, ELEMENTS, BIG, REQUESTS = 1_000_000, 4_170_000_000, 10_000, 10_000


def make(path, *options):
    subprocess.run([sys.executable, ROOT / "benchmarks/make_result.py", path, *map(str, options)],
                   check=True)
    return path


class Viewer:
    def __init__(self, path):
        began = time.perf_counter()
        self.process = subprocess.Popen([BIN / "pytracer-viz", "--filename", path, "--port", "0",
                                         "--no-token"], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.started = time.perf_counter() - began
        self.port = int(re.search(r":(\d+)/", line)[1])
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path, gzip=False):
        self.connection.request("GET", path, headers={"Accept-Encoding": "gzip"} if gzip else {})
        answer = self.connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (path, answer.status, body[:200])
        return body

    def best(self, path, times=7):
        """The middle one of several answers, in milliseconds."""
        taken = []
        for _ in range(times):
            began = time.perf_counter()
            self.get(path)
            taken.append(time.perf_counter() - began)
        return sorted(taken)[times // 2] * 1e3

    def answered(self, path, times=7):
        """best(), and the server's processor time, which neighbours lengthen less."""
        def spent():
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        before = spent()
        middle = self.best(path, times)
        return f"{middle:.1f} ms ({(spent() - before) / times * 1e3:.0f} ms of processor)"

    def resident_mb(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def mixed_requests(viewer, n_values, n_calls):
    rng = random.Random(1)
    for i in range(REQUESTS):
        kind = i % 8
        if kind == 0 and i % 40 == 0:
            viewer.get(f"/api/v1/timeline?functions={rng.randrange(18)}&bins=800")
        elif kind < 3:
            viewer.get(f"/api/v1/values/{rng.randrange(n_values)}")
        elif kind < 5:
            viewer.get(f"/api/v1/calls/{rng.randrange(n_calls)}")
        elif kind == 5:
            viewer.get("/api/v1/functions")
        else:
            viewer.get("/app.js", gzip=True)


def loaded(viewer):
    """wrk's 99 % latency in ms and its errors; None without wrk."""
    if not shutil.which("wrk"):
        return None
    done = subprocess.run(["wrk", "-t2", "-c200", "-d10s", "--latency",
                           f"http://127.0.0.1:{viewer.port}/api/v1/values/12345"],
                          capture_output=True, text=True, check=True)
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", done.stdout).groups()
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])
    return float(value) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit], rate, "errors" in done.stdout


def page_times(viewer, functions):
    """First paint and redraw after a zoom in Chromium, in ms; None without a browser."""
    modules = BIN.parent / "tests/viz/npm"
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not (modules / "node_modules/playwright-core").exists():
        subprocess.run(["cmake", "-DNPM=npm", f"-DFROM={ROOT / 'tests/viz'}", f"-DTO={modules}", "-P",
                        ROOT / "viz/web/npm_ci.cmake"], check=False)
    if not chromium or not shutil.which("node") or not (modules / "node_modules/playwright-core").exists():
        return None
    done = subprocess.run(["node", ROOT / "benchmarks/viewer_page.mjs", f"http://127.0.0.1:{viewer.port}/",
                           f"/timeline?f={functions}"], capture_output=True, text=True, timeout=300,
                          env={**os.environ, "PYTRACER_NODE_MODULES": str(modules),
                               "PYTRACER_CHROMIUM": chromium})
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return None
    return json.loads(done.stdout)


def a_million(viewer):
    """Functions that have about a million values together, and how many these are."""
    columns = json.loads(viewer.get("/api/v1/functions"))["columns"]["n_values"]
    chosen, total = [], 0
    for index, n in sorted(enumerate(columns), key=lambda x: -x[1]):
        if total + n <= 1_010_000:
            chosen.append(index)
            total += n
    return ",".join(map(str, chosen)), total


def main():
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = make(Path(folder) / "large.h5", "--calls", CALLS, "--elements", ELEMENTS)
        viewer = Viewer(path)
        o = viewer.get("/api/v1/overview")
        counts = {k: int(v) for k, v in re.findall(rb'"(calls|values)":(\d+)', o)}
        rows.append(("open it and print the address", f"{viewer.started:.3f} s", "0.2 s"))
        rows.append(("resident memory then", f"{viewer.resident_mb():.0f} MB", "64 MB"))
        every = ",".join(map(str, range(18)))
        rows.append(("timeline of one function, 58,823 calls", viewer.answered("/api/v1/timeline?functions=13&bins=800"), "20 ms"))
        million, total = a_million(viewer)
        rows.append((f"timeline of {total:,} values", viewer.answered(f"/api/v1/timeline?functions={million}&bins=100", 21), "20 ms"))
        rows.append((f"timeline of all {counts[b'values'] / 1e6:.1f} million values", viewer.answered(f"/api/v1/timeline?functions={every}&bins=100", 21), "20 ms per million"))
        rows.append(("one value, one call", f"{viewer.best('/api/v1/values/99'):.2f} ms, {viewer.best('/api/v1/calls/99'):.2f} ms", "–"))
        waits = page_times(viewer, million)
        shown = lambda key: f"{waits[key]:.0f} ms" if waits else "not measured: needs Chromium, Node.js and playwright-core"
        rows.append(("first meaningful paint in Chromium", shown("first_paint_ms"), "1000 ms"))
        rows.append((f"timeline of {total:,} values: redraw after zoom", shown("redraw_ms"), "150 ms"))
        page = sum(len(viewer.get(p, gzip=True)) for p in ["/", "/app.js", "/app.css", "/favicon.svg", "/api/v1/overview", "/api/v1/functions"])
        rows.append(("transferred for the first page", f"{page / 1e3:.0f} kB", "700 kB"))
        mixed_requests(viewer, counts[b"values"], counts[b"calls"])
        rows.append((f"resident memory after {REQUESTS:,} mixed requests", f"{viewer.resident_mb():.0f} MB", "64 MB"))
        load = loaded(viewer)
        rows.append(("200 clients for 10 s, 99 % of answers",
                     f"{load[0]:.1f} ms at {load[1]:,.0f}/s, {'errors' if load[2] else 'no error'}" if load
                     else "not measured: wrk is not installed", "50 ms"))
        viewer.stop()
        os.unlink(path)
        path = make(Path(folder) / "big.h5", "--calls", 40, "--big", BIG)
        viewer = Viewer(path)
        row = re.search(rb'"points":\{"row":\[(\d+)', viewer.get("/api/v1/timeline?functions=1"))[1].decode()
        address = f"/api/v1/values/{row}/grid?field=sig&h=640&w=900"
        began = time.perf_counter()
        viewer.get(address)
        cold = time.perf_counter() - began
        rows.append((f"heatmap of {BIG:,} × {BIG:,} at 640 × 900: first, then warm", f"{cold * 1e3:.0f} ms, {viewer.best(address, 3):.0f} ms", "300 ms warm"))
        tiles = f"/api/v1/values/{row}/grid?field=sig&h=640&w=900&tiles=1"
        rows.append(("the same from its tiles (64 × 64), warm", f"{viewer.best(tiles):.1f} ms", "300 ms"))
        viewer.stop()
    print(f"A result of {CALLS:,} calls, 100 GB; 10 runs.\n")
    print("| work | measured | goal |\n|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


main()
