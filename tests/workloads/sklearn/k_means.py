"""k-means on blobs that suit it and on blobs that do not."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs

x, y = make_blobs(n_samples=600, random_state=170)
skewed = x @ np.array([[0.6, -0.63], [-0.4, 0.85]])
uneven = np.vstack((x[y == 0], x[y == 1][:60], x[y == 2][:10]))
for data in (x, skewed, uneven):
    model = KMeans(n_clusters=3, n_init=4, random_state=0).fit(data)
    print(model.inertia_, np.sort(model.cluster_centers_, axis=0)[0])
