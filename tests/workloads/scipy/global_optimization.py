"""Four global optimisers on a landscape of many minima."""

import numpy as np
from scipy import optimize

def eggholder(x):
    a = (x[1] + 47.0) * np.sin(np.sqrt(abs(x[0] / 2.0 + x[1] + 47.0)))
    return -a - x[0] * np.sin(np.sqrt(abs(x[0] - x[1] - 47.0)))

bounds = [(-512.0, 512.0), (-512.0, 512.0)]
print("shgo", optimize.shgo(eggholder, bounds).fun)
print("annealing", optimize.dual_annealing(eggholder, bounds, maxiter=60, seed=1).fun)
print("evolution", optimize.differential_evolution(eggholder, bounds, maxiter=30, seed=1).fun)
print("basins", optimize.basinhopping(eggholder, [300.0, 300.0], niter=20, seed=1).fun)
