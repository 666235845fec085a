"""Support vector machines with and without weights of samples."""

import numpy as np
from sklearn import svm

random = np.random.RandomState(0)
x = np.r_[random.randn(10, 2) + [1.0, 1.0], random.randn(10, 2)]
y = [1] * 10 + [-1] * 10
weights = np.abs(random.randn(20))
weights[15:] *= 5.0
weights[9] *= 15.0
across, up = np.meshgrid(np.linspace(-4, 5, 40), np.linspace(-4, 5, 40))
grid = np.c_[across.ravel(), up.ravel()]
for w in (None, weights):
    model = svm.SVC(gamma=1).fit(x, y, sample_weight=w)
    print(model.decision_function(grid).sum(), model.intercept_)
