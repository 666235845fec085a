"""A scalar root and a system of two equations."""

import numpy as np
from scipy.optimize import brentq, newton, root

def system(x):
    f = [x[0] * np.cos(x[1]) - 4.0, x[1] * x[0] - x[1] - 5.0]
    jacobian = [[np.cos(x[1]), -x[0] * np.sin(x[1])], [x[1], x[0] - 1.0]]
    return f, jacobian

print(root(lambda x: x + 2.0 * np.cos(x), 0.3).x)
print(root(system, [1.0, 1.0], jac=True, method="lm").x)
print(brentq(lambda x: x**3 - 2.0 * x - 5.0, 2.0, 3.0), newton(lambda x: np.exp(x) - 3.0, 1.0))
