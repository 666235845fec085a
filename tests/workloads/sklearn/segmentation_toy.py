"""Circles told apart by spectral clustering of the image's graph."""

import numpy as np
from sklearn.cluster import spectral_clustering
from sklearn.feature_extraction import image

rows, columns = np.indices((40, 40))
centres, radii = ((11, 9), (16, 23), (27, 24)), (6, 5, 6)
picture = sum(((rows - a) ** 2 + (columns - b) ** 2 < r * r) for (a, b), r in zip(centres, radii)).astype(float)
mask = picture.astype(bool)
picture += 1.0 + 0.2 * np.random.RandomState(0).randn(*picture.shape)
graph = image.img_to_graph(picture, mask=mask)
graph.data = np.exp(-graph.data / graph.data.std())
labels = spectral_clustering(graph, n_clusters=3, eigen_solver="arpack", random_state=0)
print(graph.data.sum(), np.sort(np.bincount(labels)))
