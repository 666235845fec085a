"""The trust-region method with conjugate gradients, by Hessian products."""

import numpy as np
from scipy.optimize import minimize, rosen, rosen_der, rosen_hess_prod

start = np.array([1.3, 0.7, 0.8, 1.9, 1.2])
found = minimize(rosen, start, method="trust-ncg", jac=rosen_der, hessp=rosen_hess_prod)
print(found.x, found.fun, found.nit)
