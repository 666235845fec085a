"""A function of two variables from scattered samples (griddata)."""

import numpy as np
from scipy.interpolate import griddata

def surface(x, y):
    return x * (1.0 - x) * np.cos(4.0 * np.pi * x) * np.sin(4.0 * np.pi * y * y) ** 2

grid_x, grid_y = np.mgrid[0:1:25j, 0:1:25j]
points = np.random.default_rng(0).random((300, 2))
values = surface(points[:, 0], points[:, 1])
for method in ("nearest", "linear", "cubic"):
    estimate = griddata(points, values, (grid_x, grid_y), method=method)
    print(method, np.nanmean(np.abs(estimate - surface(grid_x, grid_y))))
