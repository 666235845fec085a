"""Paths of the lasso and of the elastic net."""

from sklearn import datasets
from sklearn.linear_model import ElasticNet, Lasso, enet_path, lasso_path

x, y = datasets.load_diabetes(return_X_y=True)
x /= x.std(axis=0)
alphas, coefficients, _ = lasso_path(x, y, eps=5e-3)
print(alphas[-1], coefficients[:, -1])
alphas, coefficients, _ = enet_path(x, y, eps=5e-3, l1_ratio=0.8)
print(alphas[-1], coefficients[:, -1])
print(Lasso(alpha=0.1).fit(x, y).score(x, y), ElasticNet(alpha=0.1, l1_ratio=0.7).fit(x, y).score(x, y))
