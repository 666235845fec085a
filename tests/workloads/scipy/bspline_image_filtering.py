"""Edges of an image from the derivatives of its B-spline."""

import numpy as np
from scipy import signal

y, x = np.mgrid[0:64, 0:64] / 64.0
image = (np.hypot(x - 0.5, y - 0.5) < 0.3).astype(np.float32) * 200.0 + 20.0 * x.astype(np.float32)
derivative = np.array([1.0, -2.0, 1.0], np.float32)
coefficients = signal.cspline2d(image, 8.0)
edges = signal.sepfir2d(coefficients, derivative, [1.0]) + signal.sepfir2d(coefficients, [1.0], derivative)
laplacian = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], np.float32)
print(coefficients.mean(), np.abs(edges).max(), edges.sum())
print(np.abs(signal.convolve2d(image, laplacian, mode="same", boundary="symm")).max())
