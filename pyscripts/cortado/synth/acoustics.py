"""What lies between a mouth and a recording: room, noise, microphone and level, each a function of arrays.

Waveforms are (num_samples,) float32; random choices come from the numpy generator given.
"""

import numpy as np


def room_response(rng: np.random.Generator, t60: float, tail_db: float, sample_rate: int) -> np.ndarray:
    """Impulse response (num_samples,) of a room: the direct sound, 1 at sample 0, and a tail of decaying noise.

    t60: seconds in which the tail falls by 60 dB (J. D. Polack's model of diffuse sound); tail_db: its energy to that of
    the direct sound. The tail begins after 3 ms, the first reflection of a room about a metre deep.
    """
    num_samples = max(int(t60 * sample_rate), 2)
    decay = 10 ** (-3 * np.arange(num_samples) / num_samples)
    tail = rng.standard_normal(num_samples) * decay
    tail[: int(0.003 * sample_rate)] = 0
    tail *= 10 ** (tail_db / 20) / np.sqrt(np.sum(tail**2))
    tail[0] = 1
    return tail.astype(np.float32)


def reverberate(samples: np.ndarray, response: np.ndarray) -> np.ndarray:
    """`samples` heard through `response`, cut to their own length."""
    size = _fft_size(len(samples) + len(response))
    spectrum = np.fft.rfft(samples, size) * np.fft.rfft(response, size)
    return np.fft.irfft(spectrum, size)[: len(samples)].astype(np.float32)


def equalise(samples: np.ndarray, gains_db: np.ndarray, sample_rate: int, lowest: float = 100.0) -> np.ndarray:
    """`samples` through a microphone without phase shift whose gains stand at knots spaced evenly in log frequency.

    gains_db: (num_knots,), the first at `lowest` Hz, the last at half the sample rate; linear in dB between them.
    """
    size = _fft_size(len(samples))
    frequencies = np.fft.rfftfreq(size, 1 / sample_rate)
    knots = np.geomspace(lowest, sample_rate / 2, len(gains_db))
    gain = 10 ** (np.interp(np.log(np.maximum(frequencies, lowest)), np.log(knots), gains_db) / 20)
    return np.fft.irfft(np.fft.rfft(samples, size) * gain, size)[: len(samples)].astype(np.float32)


def coloured_noise(rng: np.random.Generator, num_samples: int, slope_db: float, sample_rate: int) -> np.ndarray:
    """Noise whose power falls by `slope_db` an octave above 50 Hz: 0 is white, 3 pink, 6 brown."""
    size = _fft_size(num_samples)
    frequencies = np.fft.rfftfreq(size, 1 / sample_rate)
    octaves = np.log2(np.maximum(frequencies, 50) / 50)
    spectrum = np.fft.rfft(rng.standard_normal(size)) * 10 ** (-slope_db * octaves / 20)
    return np.fft.irfft(spectrum, size)[:num_samples].astype(np.float32)


def add_noise(samples: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """`samples` plus `noise` scaled so that the energies of the two differ by `snr_db`."""
    gain = np.sqrt(np.sum(samples**2) / np.sum(noise**2)) * 10 ** (-snr_db / 20)
    return samples + np.float32(gain) * noise


def set_level(samples: np.ndarray, level_db: float, peak: float = 0.9) -> np.ndarray:
    """`samples` at a root mean square of `level_db` to full scale, less where their peak would pass `peak`."""
    gain = 10 ** (level_db / 20) / np.sqrt(np.mean(samples**2))
    return samples * np.float32(min(gain, peak / np.max(np.abs(samples))))


def _fft_size(num_samples: int) -> int:
    """The next power of two, at which the FFT is fast."""
    return 1 << (num_samples - 1).bit_length()
