"""A sparse signal from few measurements."""

import numpy as np
from sklearn.linear_model import OrthogonalMatchingPursuit, OrthogonalMatchingPursuitCV

random = np.random.RandomState(0)
x = random.randn(100, 256)
x /= np.sqrt((x * x).sum(axis=0))
weights = np.zeros(256)
weights[random.permutation(256)[:17]] = random.randn(17)
y = x @ weights
for noise in (0.0, 0.05):
    model = OrthogonalMatchingPursuit(n_nonzero_coefs=17).fit(x, y + noise * random.randn(100))
    print(noise, np.abs(model.coef_ - weights).max(), model.score(x, y))
print(OrthogonalMatchingPursuitCV().fit(x, y).n_nonzero_coefs_)
