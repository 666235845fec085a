"""Least squares and RANSAC on data with outliers."""

import numpy as np
from sklearn import datasets
from sklearn.linear_model import LinearRegression, RANSACRegressor

x, y, slope = datasets.make_regression(n_samples=500, n_features=1, n_informative=1, noise=10, coef=True,
                                       random_state=0)
random = np.random.RandomState(0)
x[:25] = 3.0 + 0.5 * random.normal(size=(25, 1))
y[:25] = -3.0 + 10.0 * random.normal(size=25)
plain = LinearRegression().fit(x, y)
robust = RANSACRegressor(random_state=0).fit(x, y)
print(slope, plain.coef_, robust.estimator_.coef_, robust.inlier_mask_.sum())
