"""Two AdaBoost variants on decision stumps."""

import numpy as np
from sklearn.datasets import make_hastie_10_2
from sklearn.ensemble import AdaBoostClassifier
from sklearn.tree import DecisionTreeClassifier

x, y = make_hastie_10_2(n_samples=1200, random_state=1)
stump = DecisionTreeClassifier(max_depth=1).fit(x[:800], y[:800])
print("stump", stump.score(x[800:], y[800:]))
boosted = AdaBoostClassifier(DecisionTreeClassifier(max_depth=1), n_estimators=25, random_state=1)
boosted.fit(x[:800], y[:800])
errors = [np.mean(p != y[800:]) for p in boosted.staged_predict(x[800:])]
print("boosted", errors[-1], boosted.estimator_weights_.sum())
