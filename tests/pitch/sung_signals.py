"""SYNTHETIC singing whose f0 is known exactly: partials of a glottal source through formants, clean or as on an old disc.

Phrases of held notes with vibrato and of quick melismas, joined by glides, with breaths between them; the fundamental and the vowel are
drawn for each note. It is made for testing pitch trackers, and sounds like a voice no more than that needs.
"""

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt

RATE = 44100
HOP = 256  # samples between two values of f0
SCALE = np.array([0, 100, 400, 500, 700, 800, 1000, 1200])  # cents, Phrygian with a major third
VOWELS = np.array([[730, 1090, 2440], [530, 1840, 2480], [270, 2290, 3010], [570, 840, 2410], [300, 870, 2240]])  # Hz, formants
BANDWIDTHS = np.array([90, 120, 180])


def sing(seconds: float, tonic: float, seed: int, snr_db: float = 20, tilt_db: float = -9) -> tuple[np.ndarray, np.ndarray]:
    """Samples (num_samples,) float32 at 44.1 kHz and f0 (num_frames,) in Hz at every 256th sample, 0 where nothing is sung.

    tonic: Hz, of the scale's first degree; the melody goes up to an octave above it. tilt_db: of the source, an octave.
    """
    rng = np.random.default_rng(seed)
    num_frames = int(seconds * RATE) // HOP
    cents, loudness, vowel = np.full(num_frames, np.nan), np.zeros(num_frames), np.zeros((num_frames, 3))
    begin = _frames(0.3)
    while begin < num_frames - _frames(1.5):
        end = min(begin + _frames(rng.uniform(2, 5)), num_frames - _frames(0.2))
        cents[begin:end], vowel[begin:end] = _phrase(end - begin, rng)
        ramp = np.minimum(np.arange(end - begin) / _frames(0.04), np.arange(end - begin)[::-1] / _frames(0.06))
        loudness[begin:end] = np.minimum(ramp, 1) * rng.uniform(0.5, 1)
        begin = end + _frames(rng.uniform(0.3, 1.0))
    f0 = np.where(np.isnan(cents), 0, tonic * 2 ** (np.nan_to_num(cents) / 1200))
    voice = _partials(f0, loudness, vowel, tilt_db, rng)
    sung = np.repeat(f0 > 0, HOP)
    noise = sosfilt(butter(1, 3000, fs=RATE, output="sos"), rng.standard_normal(len(voice)))
    level = voice[sung].std() / noise.std()
    breath = np.where(sung, 0, np.repeat(rng.random(num_frames // 64 + 1) > 0.6, 64 * HOP)[: len(voice)])
    samples = voice + noise * level * (10 ** (-snr_db / 20) + 0.08 * breath)
    return (0.7 * samples / np.abs(samples).max()).astype(np.float32), f0


def harden(samples: np.ndarray, seed: int) -> np.ndarray:
    """The same through an old disc: a hall, the band from 180 to 4500 Hz, ten clicks a second, and hum of 50 and 150 Hz."""
    rng = np.random.default_rng(seed)
    tail = rng.standard_normal(RATE // 4) * np.exp(-np.arange(RATE // 4) / (0.05 * RATE))
    samples = samples + 0.7 * fftconvolve(samples, tail / np.linalg.norm(tail))[: len(samples)]
    samples = sosfilt(butter(4, [180, 4500], "band", fs=RATE, output="sos"), samples)
    clicks = np.zeros(len(samples))
    clicks[rng.integers(0, len(samples), 10 * len(samples) // RATE)] = 1
    clicks = sosfilt(butter(2, 6000, fs=RATE, output="sos"), clicks * rng.normal(0, 0.6, len(samples)))
    turn = 2 * np.pi * np.arange(len(samples)) / RATE
    samples = 0.7 * samples / np.abs(samples).max() + clicks + 0.02 * np.sin(50 * turn) + 0.01 * np.sin(150 * turn)
    return (0.8 * samples / np.abs(samples).max()).astype(np.float32)


def _frames(seconds: float) -> int:
    return int(seconds * RATE / HOP)


def _phrase(num_frames: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Cents above the tonic and the formants in Hz, of each frame."""
    cents, formants, begin, degree = np.zeros(num_frames), np.zeros((num_frames, 3)), 0, rng.integers(0, 6)
    while begin < num_frames:
        held = rng.random() < 0.5
        length = _frames(rng.uniform(0.35, 1.2) if held else rng.uniform(0.08, 0.14))
        note = slice(begin, min(begin + length, num_frames))
        degree = np.clip(degree + (rng.integers(-2, 3) if held else rng.choice([-1, 1])), 0, len(SCALE) - 1)
        cents[note] = SCALE[degree] + rng.normal(0, 18)
        if held:
            times = np.arange(note.stop - note.start) * HOP / RATE
            cents[note] += rng.uniform(30, 100) * np.clip(times / 0.25 - 0.6, 0, 1) * np.sin(2 * np.pi * rng.uniform(5, 7) * times)
        formants[note] = VOWELS[rng.integers(0, len(VOWELS))]
        begin = note.stop
    return _glide(cents), np.stack([_glide(column) for column in formants.T], axis=1)


def _glide(values: np.ndarray) -> np.ndarray:
    """A running mean over 50 ms: steps become glides."""
    half = _frames(0.025)
    window = np.hanning(2 * half + 3)[1:-1]
    return np.convolve(np.pad(values, half, mode="edge"), window / window.sum(), "valid")


def _partials(f0: np.ndarray, loudness: np.ndarray, formants: np.ndarray, tilt_db: float, rng: np.random.Generator) -> np.ndarray:
    """The voice, (num_frames * HOP,) float64: partials up to 10 kHz, each with the gain that the formants give its frequency."""
    times, frame_times = np.arange(len(f0) * HOP), np.arange(len(f0)) * HOP
    held = np.interp(frame_times, frame_times[f0 > 0], f0[f0 > 0])  # through the pauses, where the gains are 0
    phase = 2 * np.pi * np.cumsum(np.interp(times, frame_times, held)) / RATE
    voice = np.zeros(len(times))
    for number in range(1, int(10000 / f0[f0 > 0].min())):
        frequency = number * held
        resonance = (BANDWIDTHS**2 / ((frequency[:, None] - formants) ** 2 + BANDWIDTHS**2)) @ [1, 0.45, 0.2]
        gain = loudness * np.sqrt(resonance + 1e-4) * number ** (tilt_db / 12) * (frequency < 10000) * (f0 > 0)
        if gain.any():
            voice += np.interp(times, frame_times, gain) * np.sin(number * phase + rng.uniform(0, 2 * np.pi))
    return voice
