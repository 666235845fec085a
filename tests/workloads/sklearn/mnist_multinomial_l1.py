"""Multinomial logistic regression with an L1 penalty (digits stand in for MNIST)."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

x, y = load_digits(return_X_y=True)
train_x, test_x, train_y, test_y = train_test_split(x, y, train_size=1000, test_size=500, random_state=0)
scale = StandardScaler().fit(train_x)
model = LogisticRegression(C=50.0 / 1000, penalty="l1", solver="saga", tol=0.1, random_state=0)
model.fit(scale.transform(train_x), train_y)
print("sparsity", np.mean(model.coef_ == 0.0), "score", model.score(scale.transform(test_x), test_y))
print(np.abs(model.coef_).sum())
