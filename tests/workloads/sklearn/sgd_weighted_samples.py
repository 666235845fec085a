"""A linear separator by stochastic gradient descent, samples weighted."""

import numpy as np
from sklearn.linear_model import SGDClassifier

random = np.random.RandomState(0)
x = np.r_[random.randn(10, 2) + [1.0, 1.0], random.randn(10, 2)]
y = [1] * 10 + [-1] * 10
weights = 100.0 * np.abs(random.randn(20))
weights[:10] *= 10.0
for w in (None, weights):
    model = SGDClassifier(alpha=0.01, max_iter=100, random_state=0).fit(x, y, sample_weight=w)
    print(model.coef_, model.intercept_)
