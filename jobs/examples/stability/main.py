"""Three textbook computations, each in a form that loses digits and in one that does not.

Run it many times under stochastic arithmetic, and pytracer names the culprits:

    pytracer run -n 10 --config jobs/examples/stability/pytracer.json \
        -- jobs/examples/stability/main.py
"""

import numpy as np
from sklearn.decomposition import PCA

import regression
import variance


def cloud(n=300, gap=1e-3):
    """Points whose two widest directions are almost equally wide."""
    points = np.random.default_rng(0).standard_normal((n, 3))
    axes, _ = np.linalg.qr(points - points.mean(axis=0))
    return 1.0 + axes * [1.0, 1.0 + gap, 0.1]


def main():
    x = regression.design_matrix()
    y = regression.observations(x)
    print("normal equations  ", regression.normal_equations(x, y))
    print("QR                ", regression.orthogonal(x, y))

    data = variance.measurements()
    print("naive variance    ", variance.naive_variance(data))
    print("two-pass variance ", variance.two_pass_variance(data))

    pca = PCA(n_components=2).fit(cloud())
    print("first axis        ", pca.components_[0])


if __name__ == "__main__":
    main()
