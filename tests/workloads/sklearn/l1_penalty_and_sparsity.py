"""Sparsity of logistic regression under three penalties."""

import numpy as np
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

x, y = datasets.load_digits(return_X_y=True)
x, y = StandardScaler().fit_transform(x[:800]), (y[:800] > 4).astype(int)
for c in (1.0, 0.1, 0.01):
    for penalty, ratio in (("l1", None), ("l2", None), ("elasticnet", 0.5)):
        model = LogisticRegression(C=c, penalty=penalty, l1_ratio=ratio, tol=0.01, solver="saga", random_state=0)
        model.fit(x, y)
        print(c, penalty, np.mean(model.coef_ == 0.0), model.score(x, y), np.abs(model.coef_).sum())
