"""Handwritten digits by a support vector machine."""

from sklearn import datasets, metrics, svm
from sklearn.model_selection import train_test_split

digits = datasets.load_digits()
data = digits.images.reshape((len(digits.images), -1))
train_x, test_x, train_y, test_y = train_test_split(data, digits.target, test_size=0.5, shuffle=False)
classifier = svm.SVC(gamma=0.001).fit(train_x, train_y)
predicted = classifier.predict(test_x)
print(metrics.accuracy_score(test_y, predicted), metrics.f1_score(test_y, predicted, average="macro"))
print(classifier.dual_coef_.sum(), classifier.intercept_[:3])
