"""Nelder and Mead's simplex on Rosenbrock's function."""

import numpy as np
from scipy.optimize import minimize, rosen

start = np.array([1.3, 0.7, 0.8, 1.9, 1.2])
found = minimize(rosen, start, method="Nelder-Mead", options={"xatol": 1e-8})
print(found.x, found.fun, found.nit)
