"""A signal kept by a few coefficients of its discrete cosine transform."""

import numpy as np
from scipy.fft import dct, idct

t = np.linspace(0.0, 20.0, 100, endpoint=False) / 100.0
signal = np.exp(-t / 3.0) * np.cos(2.0 * np.pi * 30.0 * t * t)
spectrum = dct(signal, norm="ortho")
for kept in (15, 20, 60):
    window = np.zeros(signal.size)
    window[:kept] = 1.0
    error = np.linalg.norm(idct(spectrum * window, norm="ortho") - signal)
    print(kept, error / np.linalg.norm(signal))
print(idct(spectrum, norm="ortho")[:4])
