"""Linear, cubic and nearest interpolation through the same points."""

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator, interp1d

x = np.linspace(0.0, 10.0, 11)
y = np.cos(-x * x / 9.0)
fine = np.linspace(0.0, 10.0, 41)
for kind in ("linear", "cubic", "nearest", "previous"):
    print(kind, interp1d(x, y, kind=kind)(fine).sum())
print("spline", CubicSpline(x, y)(fine).sum(), CubicSpline(x, y)(2.5, 1))
print("monotone", PchipInterpolator(x, y)(fine).sum())
