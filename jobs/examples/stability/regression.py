"""A line of least squares through nearly collinear data, solved in two ways.

With condition number kappa of the design matrix, the normal equations work on a matrix of
condition kappa squared and lose twice the digits; QR works on the matrix itself
(N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., chapter 20).
"""

import numpy as np


def design_matrix(n=200, nearness=1e-5):
    """Columns 1, t and t plus a little: kappa is about 2 / nearness."""
    t = np.linspace(0.0, 1.0, n)
    almost_t = t + nearness * np.cos(7.0 * t)
    return np.column_stack([np.ones(n), t, almost_t])


def observations(x):
    return x[:, 0] + 2.0 * x[:, 1] - 3.0 * x[:, 2]


def normal_equations(x, y):
    """Solves (x'x) b = x'y: the textbook's way to lose digits."""
    return np.linalg.solve(x.T @ x, x.T @ y)


def orthogonal(x, y):
    """Solves min |xb - y| through x = qr."""
    q, r = np.linalg.qr(x)
    return np.linalg.solve(r, q.T @ y)
