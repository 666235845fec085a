"""Shrunk covariances and their likelihood."""

import numpy as np
from scipy import linalg
from sklearn.covariance import OAS, LedoitWolf, ShrunkCovariance, empirical_covariance, log_likelihood
from sklearn.model_selection import GridSearchCV

random = np.random.RandomState(42)
colour = random.normal(size=(40, 40))
train, test = random.normal(size=(20, 40)) @ colour, random.normal(size=(20, 40)) @ colour
shrinkages = np.logspace(-2, 0, 10)
print([ShrunkCovariance(shrinkage=s).fit(train).score(test) for s in shrinkages][:3])
print(log_likelihood(empirical_covariance(train), linalg.inv(colour.T @ colour)))
search = GridSearchCV(ShrunkCovariance(), {"shrinkage": shrinkages}).fit(train)
print(search.best_estimator_.shrinkage, LedoitWolf().fit(train).shrinkage_, OAS().fit(train).shrinkage_)
