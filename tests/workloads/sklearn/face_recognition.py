"""Principal components and a support vector machine (digits stand in for faces)."""

from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import RandomizedSearchCV, train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

x, y = load_digits(return_X_y=True)
train_x, test_x, train_y, test_y = train_test_split(x[:600], y[:600], test_size=0.25, random_state=42)
scale = StandardScaler().fit(train_x)
pca = PCA(n_components=20, svd_solver="randomized", whiten=True, random_state=0)
train = pca.fit_transform(scale.transform(train_x))
search = RandomizedSearchCV(SVC(class_weight="balanced"), {"C": [1.0, 10.0, 100.0], "gamma": [0.005, 0.01]},
                            n_iter=3, cv=3, random_state=0).fit(train, train_y)
print(search.best_params_, search.score(pca.transform(scale.transform(test_x)), test_y))
print(pca.explained_variance_ratio_[:4])
