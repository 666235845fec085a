"""The variance of data far from zero, in two ways.

With kappa = mean / standard deviation, the difference of two large sums loses
2 log2(kappa) bits; the corrected two-pass algorithm loses almost none (T. F. Chan,
G. H. Golub, R. J. LeVeque, Algorithms for computing the sample variance, 1983).
"""

import numpy as np


def measurements(n=500, offset=1.0e4):
    """A slow oscillation of size one on a large offset."""
    return offset + np.sin(np.linspace(0.0, 40.0, n))


def naive_variance(x):
    n = len(x)
    return (np.sum(x * x) - np.sum(x) ** 2 / n) / (n - 1)


def two_pass_variance(x):
    n = len(x)
    d = x - np.sum(x) / n
    return (np.sum(d * d) - np.sum(d) ** 2 / n) / (n - 1)
