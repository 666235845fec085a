"""A curve, its derivative, integral and zeros through its spline representation."""

import numpy as np
from scipy import interpolate

x = np.arange(0.0, 2.0 * np.pi + np.pi / 4.0, 2.0 * np.pi / 8.0)
spline = interpolate.splrep(x, np.sin(x), s=0)
fine = np.arange(0.0, 2.0 * np.pi, np.pi / 50.0)
print("values", np.abs(interpolate.splev(fine, spline) - np.sin(fine)).max())
print("slope", interpolate.splev(1.0, spline, der=1))
print("integral", interpolate.splint(0.0, np.pi, spline))
print("zeros", interpolate.sproot(spline))
smooth = interpolate.UnivariateSpline(x, np.sin(x) + 0.01 * np.cos(9.0 * x), s=0.01)
print("smooth", smooth.get_residual(), smooth(fine).sum())
