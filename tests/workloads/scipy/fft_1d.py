"""Two sines found again in the one-dimensional Fourier transform of their sum."""

import numpy as np
from scipy.fft import fft, fftfreq, ifft
from scipy.signal.windows import blackman

n, step = 600, 1.0 / 800.0
t = np.arange(n) * step
y = np.sin(50.0 * 2.0 * np.pi * t) + 0.5 * np.sin(80.0 * 2.0 * np.pi * t)
plain = np.abs(fft(y))[: n // 2] * 2.0 / n
windowed = np.abs(fft(y * blackman(n)))[1 : n // 2] * 2.0 / n
frequencies = fftfreq(n, step)[: n // 2]
print("peak", frequencies[plain.argmax()], plain.max())
print("windowed peak", windowed.max())
print("back", np.abs(ifft(fft(y)) - y).max())
