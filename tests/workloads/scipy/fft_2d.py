"""Images made of single points of the two-dimensional spectrum."""

import numpy as np
from scipy.fft import fft2, ifftn

n = 30
for rows, columns in (((0, 0), (5, n - 5)), ((5, n - 5), (0, 0)), ((5, n - 5), (20, n - 20))):
    spectrum = np.zeros((n, n))
    spectrum[rows[0], columns[0]] = 1.0
    spectrum[rows[1], columns[1]] = 1.0
    image = ifftn(spectrum)
    print(image.real.max(), np.abs(image.imag).max(), np.abs(fft2(image)).sum())
