"""Parameters of an enzymatic reaction by non-linear least squares."""

import numpy as np
from scipy.optimize import least_squares

u = np.array([4.0, 2.0, 1.0, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625])
y = np.array([0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246])

def residuals(x):
    return x[0] * (u * u + x[1] * u) / (u * u + x[2] * u + x[3]) - y

found = least_squares(residuals, [2.5, 3.9, 4.15, 3.9], bounds=(0.0, 100.0))
print(found.x, found.cost, found.nfev)
