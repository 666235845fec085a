"""Joint selection of features over several tasks."""

import numpy as np
from sklearn.linear_model import Lasso, MultiTaskLasso

random = np.random.RandomState(42)
coefficients = np.zeros((40, 30))
times = np.linspace(0.0, 2.0 * np.pi, 40)
for k in range(5):
    coefficients[:, k] = np.sin((1.0 + random.randn()) * times + 3.0 * random.randn())
x = random.randn(100, 30)
y = x @ coefficients.T + random.randn(100, 40)
separate = np.array([Lasso(alpha=0.5).fit(x, column).coef_ for column in y.T])
joint = MultiTaskLasso(alpha=1.0).fit(x, y).coef_
print(np.abs(separate - coefficients).sum(), np.abs(joint - coefficients).sum(), joint[:2, 0])
