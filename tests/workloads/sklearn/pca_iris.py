"""The three principal components of the iris data."""

from sklearn import datasets
from sklearn.decomposition import PCA

x, y = datasets.load_iris(return_X_y=True)
pca = PCA(n_components=3).fit(x)
projected = pca.transform(x)
print(pca.explained_variance_, pca.components_)
for label in range(3):
    print(label, projected[y == label].mean(axis=0))
