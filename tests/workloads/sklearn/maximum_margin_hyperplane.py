"""The separating hyperplane of the widest margin."""

import numpy as np
from sklearn import svm
from sklearn.datasets import make_blobs

x, y = make_blobs(n_samples=40, centers=2, random_state=6)
classifier = svm.SVC(kernel="linear", C=1000.0).fit(x, y)
print(classifier.coef_, classifier.intercept_)
print(1.0 / np.linalg.norm(classifier.coef_), classifier.support_vectors_)
print(classifier.decision_function(x).sum())
