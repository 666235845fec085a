"""Bayesian ridge regression of a noisy line and of a polynomial."""

import numpy as np
from sklearn.linear_model import BayesianRidge

random = np.random.RandomState(0)
x = random.randn(100, 30)
weights = np.zeros(30)
weights[:8] = random.randn(8)
ridge = BayesianRidge(compute_score=True).fit(x, x @ weights + random.randn(100) / 7.0)
print(ridge.coef_[:3], ridge.alpha_, ridge.lambda_, ridge.scores_[-1])
t = random.rand(25)
curve = BayesianRidge(tol=1e-6, fit_intercept=False).fit(np.vander(t, 4, increasing=True),
                                                         np.sin(2.0 * np.pi * t))
print(curve.coef_, curve.alpha_)
