"""A surface by bisplrep and bisplev."""

import numpy as np
from scipy import interpolate

edge_x, edge_y = np.mgrid[-1:1:21j, -1:1:21j]
x, y = edge_x[:-1, :-1] + 0.05, edge_y[:-1, :-1] + 0.05
z = (x + y) * np.exp(-6.0 * (x * x + y * y))
knots = interpolate.bisplrep(x, y, z, s=0)
fine = np.linspace(-0.9, 0.9, 35)
surface = interpolate.bisplev(fine, fine, knots)
print(surface.max(), surface.min(), surface.sum())
