"""BFGS on Rosenbrock's function."""

import numpy as np
from scipy.optimize import minimize, rosen, rosen_der

start = np.array([1.3, 0.7, 0.8, 1.9, 1.2])
found = minimize(rosen, start, method="BFGS", jac=rosen_der)
print(found.x, found.fun, found.nit)
