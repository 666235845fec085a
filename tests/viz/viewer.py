"""A running pytracer-viz, and results for it to show."""
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import h5py

SOURCE = Path(os.environ.get("PYTRACER_SOURCE", Path(__file__).resolve().parents[2]))
BIN = Path(os.environ.get("PYTRACER_BIN", SOURCE / "build/release/bin"))
PROGRAM = BIN / "pytracer-viz"


# What make_result leaves: of one instruction two of four divisors, of another none; in threads two
# of four, and those of runs that did not divide equally often, which say nothing.
FLOAT_DIVISIONS = [{"function": f"__main__.{name}", "divisions": 4, "looked": 4, "empty": 2, "first": first,
                    "file": "/home/me/a=b.py", "line": line} for name, first, line in (("ratio", 3, 61), ("pooled", 0, 70))]


def make_result(path, *options):
    subprocess.run([sys.executable, SOURCE / "benchmarks/make_result.py", path, *options],
                   check=True, timeout=120)
    return path


def with_events(path):
    """matmul becomes a division, of which three divisors have no digit; the fits run in a
    thread of their own."""
    with h5py.File(path, "r+") as file:
        names = [n.decode() for n in file["functions/name"][:]]
        file["functions/name"][names.index("matmul")] = b"divide"
        divisors = divisor_rows(file)
        for row in divisors[5:8]:
            file["values/sig_norm"][row] = -0.5
        thread, parent = file["calls/thread"][:], file["calls/parent"][:]
        fit = names.index("LinearRegression.fit")
        for i, function in enumerate(file["calls/function"][:]):
            thread[i] = int(function == fit or (parent[i] >= 0 and thread[parent[i]]))
        file["calls/thread"][:] = thread
    return path


def divisor_rows(file):
    function = [n.decode() for n in file["functions/name"][:]].index("divide")
    name = [n.decode() for n in file["names/name"][:]].index("x2")
    first, n = int(file["functions/first_value"][function]), int(file["functions/n_values"][function])
    return [i for i in range(first, first + n) if file["values/name"][i] == name]


def division(file):
    """What with_events left there, counted from the columns."""
    rows = divisor_rows(file)
    empty = [i for i in rows if file["values/sig_norm"][i] <= 0]
    call = int(file["values/call"][empty[0]])
    site = int(file["calls/site"][call])
    return {"function": int(file["values/function"][rows[0]]), "calls": len(rows), "empty": len(empty),
            "value": empty[0], "file": file["sites/file"][site].decode(),
            "line": int(file["sites/line"][site]), "name": file["sites/name"][site].decode()}


class Viewer:
    """Starts the program, reads the address it prints, ends it with SIGINT."""

    def __init__(self, *options, port="0", cwd=None):
        port_options = [] if port is None else ["--port", port]
        self.process = subprocess.Popen([PROGRAM, *map(str, options), *port_options],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, cwd=cwd)
        watchdog = threading.Timer(20, self.process.kill)
        watchdog.start()
        self.lines = [self.process.stdout.readline(), self.process.stdout.readline()]
        watchdog.cancel()
        found = re.search(r"Running on (http://(\S+?):(\d+)/(?:\?token=(\S+))?)", self.lines[0])
        assert found or "unix:" in self.lines[0], self.lines + [self.process.stderr.read()]
        if found:
            self.url, self.host, self.port, self.token = found.groups()
            self.port = int(self.port)

    def request(self, path, method="GET", headers=None, token=True, body=None):
        """Status, headers and body, as they come."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = dict(headers or {})
        if token and self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, answer.headers, data

    def get(self, path, expect=200):
        status, _, body = self.request("/api/v1/" + path)
        assert status == expect, (path, status, body[:300])
        return json.loads(body)

    def raw(self, data, timeout=20):
        """Sends bytes as they are; what comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := s.recv(65536):
                answer += piece
        return answer

    def stop(self, number=signal.SIGINT):
        """The exit status and what was said on stderr."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            _, words = self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, words

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def fails(*options, cwd=None):
    """Runs the program where it should refuse; its one line and its status."""
    done = subprocess.run([PROGRAM, *map(str, options)], capture_output=True, text=True,
                          timeout=20, cwd=cwd)
    assert done.returncode > 0, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr.strip(), done.returncode
