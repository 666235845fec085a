"""What the browser tests share: what h5py reads of a result, and how node runs a script."""
import json
import math
import os
import re
import subprocess
from pathlib import Path
from statistics import NormalDist

import h5py

HERE = Path(__file__).parent


def number(value):
    return None if math.isnan(value) else float(value)


def expectations(path):
    """What h5py reads, in the form that the browser test compares with."""
    with h5py.File(path) as file:
        f = {key: file[f"functions/{key}"][:] for key in file["functions"]}
        v = {key: file[f"values/{key}"][:] for key in file["values"]}
        times = file["calls/time"][:]
        names = [n.decode() for n in file["names/name"]]
        functions = [{"name": f["name"][i].decode(), "rank": int(f["rank"][i]),
                      "self_lost": number(f["self_lost"][i]), "digits_out": number(f["digits_out"][i]),
                      "n_values": int(f["n_values"][i])} for i in range(len(f["key"]))]
        values = [{"function": int(v["function"][i]), "phase": int(v["phase"][i]),
                   "time": int(times[v["call"][i]]), "sig_norm": number(v["sig_norm"][i]),
                   "sig_min": number(v["sig_min"][i]), "mean": number(v["mean"][i]),
                   "std": number(v["std"][i]), "min": number(v["min"][i]), "max": number(v["max"][i]),
                   "n_nan": int(v["n_nan"][i])} for i in range(len(v["call"]))]
        of = {x["name"]: i for i, x in enumerate(functions)}

        def row(function, name):
            return next(i for i in range(len(values)) if values[i]["function"] == of[function]
                        and names[v["name"][i]] == name)

        def elements(field, i):
            a, n = int(v["first_element"][i]), int(v["n_stored"][i])
            return file[f"elements/{field}"][a:a + n]

        call_flags = file["calls/flags"][:][v["call"].astype(int)]

        def count(name, picked):
            return int((picked & (v["function"] == of[name])).sum())

        nonfinite, raised = (v["flags"] & 520) != 0, (call_flags & 4) != 0
        complex_row, volume = row("spectrum", "return"), row("smooth", "volume")
        matrix, vector = row("fit_qr", "X"), row("fit_qr", "y")
        scalar = row("score", "return")
        return {
            "contributing_shift": math.log2(NormalDist().inv_cdf((file.attrs["probability"] + 1) / 2))
            - math.log2(file.attrs["contributing_probability"] - 0.5) - math.log2(2 * math.sqrt(2 * math.pi)),
            "n_runs": int(file.attrs["n_runs"]), "functions": functions, "values": values,
            "matrix": {"row": matrix, "shape": [24, 16], **{
                field: elements(field, matrix).reshape(24, 16).tolist() for field in ["sig", "mean"]}},
            "vector": {"row": vector, "sig": elements("sig", vector).tolist()},
            "scalar": {"row": scalar, **{field: float(elements(field, scalar)[0])
                                         for field in ["mean", "std", "sig"]}},
            "complex": {"row": complex_row, "parts": elements("mean", complex_row).reshape(2, -1).tolist()},
            "volume": {"row": volume, "shape": [4, 24, 16],
                       "slices": elements("mean", volume).reshape(4, 24, 16).tolist()},
            "raised": count("dgelsd", raised),
            "parted": count("_preprocess_data", ~raised & ((call_flags & 11) != 0)),
            "nonfinite": count("score", nonfinite & ~raised & ((call_flags & 11) == 0)),
            "label": {"row": row("LinearRegression.fit", "self")},
            "seeds": [f"{int(s):016x}" for s in file["runs/seed"]],
            "divergences": len(file["divergences/time"]),
            "source": file["sources/text"][:].tobytes().decode().split("\n"),
        }


def run_node(script, url, expected, timeout, **more):
    done = subprocess.run(
        [os.environ.get("PYTRACER_NODE", "node"), "--test", "--test-reporter=tap", HERE / script],
        env={**os.environ, "URL": url, "EXPECTED": str(expected), **more}, capture_output=True, text=True,
        timeout=timeout)
    failed = re.findall(r"^not ok .*?(?=^ok|^not ok|^1\.\.|\Z)", done.stdout, re.M | re.S)
    assert done.returncode == 0, "\n".join(t[:3000] for t in failed) or done.stdout[-3000:] + done.stderr[-2000:]
    assert int(re.search(r"^# pass (\d+)", done.stdout, re.M)[1]) > 0


def write_expectations(folder, **of):
    """`of`: results by name, or `result` alone; where the file is."""
    found = {name: expectations(path) for name, path in of.items()}
    path = folder / "expected.json"
    path.write_text(json.dumps(found.get("result", found)))
    return path
