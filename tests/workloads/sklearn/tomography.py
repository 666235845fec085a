"""An image from its projections, by ridge and by lasso."""

import numpy as np
from scipy import ndimage, sparse
from sklearn.linear_model import Lasso, Ridge

def weights(x, dx, origin):
    floor = np.floor((x - origin) / dx).astype(np.int64)
    alpha = (x - origin - floor * dx) / dx
    return np.hstack((floor, floor + 1)), np.hstack((1.0 - alpha, alpha))

def projections(size, directions):
    x, y = np.mgrid[:size, :size].astype(float) + 0.5 - size / 2.0
    x, y, pixels = x.ravel(), y.ravel(), np.arange(size * size)
    data, i, j = [], [], []
    for k, angle in enumerate(np.linspace(0.0, np.pi, directions, endpoint=False)):
        bins, w = weights(np.cos(angle) * x - np.sin(angle) * y, 1.0, x.min())
        inside = (bins >= 0) & (bins < size)
        data += list(w[inside])
        i += list(bins[inside] + k * size)
        j += list(np.hstack((pixels, pixels))[inside])
    return sparse.coo_matrix((data, (i, j)), shape=(directions * size, size * size)).tocsr()

size = 48
random = np.random.RandomState(0)
seeds = np.zeros((size, size))
seeds[tuple((size * random.rand(2, 36)).astype(int))] = 1.0
blurred = ndimage.gaussian_filter(seeds, sigma=size / 36.0)
picture = (blurred > blurred.mean()).astype(float)
operator = projections(size, size // 7)
measured = operator @ picture.ravel() + 0.15 * random.randn(operator.shape[0])
for model in (Ridge(alpha=0.2), Lasso(alpha=0.001)):
    model.fit(operator, measured)
    print(type(model).__name__, np.abs(model.coef_ - picture.ravel()).mean())
