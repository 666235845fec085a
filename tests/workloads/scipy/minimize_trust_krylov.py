"""The trust-region method with truncated Lanczos on Rosenbrock's function."""

import numpy as np
from scipy.optimize import minimize, rosen, rosen_der, rosen_hess

start = np.array([1.3, 0.7, 0.8, 1.9, 1.2])
found = minimize(rosen, start, method="trust-krylov", jac=rosen_der, hess=rosen_hess)
print(found.x, found.fun, found.nit)
