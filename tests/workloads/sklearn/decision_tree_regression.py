"""Regression trees of two depths on a noisy sine."""

import numpy as np
from sklearn.tree import DecisionTreeRegressor

random = np.random.RandomState(1)
x = np.sort(5.0 * random.rand(80, 1), axis=0)
y = np.sin(x).ravel()
y[::5] += 3.0 * (0.5 - random.rand(16))
grid = np.arange(0.0, 5.0, 0.01)[:, np.newaxis]
for depth in (2, 5):
    tree = DecisionTreeRegressor(max_depth=depth, random_state=0).fit(x, y)
    print(depth, tree.predict(grid).sum(), tree.score(x, y), tree.get_n_leaves())
