"""Ten classifiers on three small sets of points."""

from sklearn.datasets import make_circles, make_classification, make_moons
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.ensemble import AdaBoostClassifier, RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

sets = (make_moons(noise=0.3, random_state=0), make_circles(noise=0.2, factor=0.5, random_state=1),
        make_classification(n_features=2, n_redundant=0, random_state=1, n_clusters_per_class=1))
classifiers = (KNeighborsClassifier(3), SVC(kernel="linear", C=0.025), SVC(gamma=2, C=1),
               GaussianProcessClassifier(), DecisionTreeClassifier(max_depth=5, random_state=0),
               RandomForestClassifier(max_depth=5, n_estimators=10, max_features=1, random_state=0),
               MLPClassifier(alpha=1, max_iter=200, random_state=0), AdaBoostClassifier(random_state=0),
               GaussianNB(), QuadraticDiscriminantAnalysis())
for x, y in sets:
    train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=0.4, random_state=42)
    for classifier in classifiers:
        model = make_pipeline(StandardScaler(), classifier).fit(train_x, train_y)
        print(type(classifier).__name__, model.score(test_x, test_y))
