"""Sequential least squares with bounds and constraints."""

import numpy as np
from scipy.optimize import minimize, rosen, rosen_der

linear = {
    "type": "ineq",
    "fun": lambda x: np.array([1.0 - x[0] - 2.0 * x[1], 1.0 - x[0] ** 2 - x[1], 1.0 - x[0] ** 2 + x[1]]),
}
equality = {"type": "eq", "fun": lambda x: np.array([2.0 * x[0] + x[1] - 1.0])}
found = minimize(rosen, [0.5, 0.0], jac=rosen_der, method="SLSQP", constraints=[equality, linear],
                 bounds=[(0.0, 1.0), (-0.5, 2.0)], options={"ftol": 1e-9})
print(found.x, found.fun, found.nit)
