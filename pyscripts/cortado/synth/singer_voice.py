"""A singing voice by source and filter: a buzz of exact pitch through the resonances of one singer's vocal tract. SYNTHETIC, nobody's voice.

The buzz is a sum of cosines in closed form (Moorer, "The synthesis of complex audio spectra by means of discrete summation formulas", 1976),
so its pitch is known at every sample. The tract is a cascade of second-order resonances (Fant, "Acoustic theory of speech production",
1960), applied to overlapping frames.
"""

from dataclasses import dataclass

import numpy as np

from cortado.synth.singer_performance import CONTROL_HOP, REFERENCE, SAMPLE_RATE, Tracks

# Hz of the first three resonances of /a e i o u/, averages of men (Peterson and Barney, JASA 1952).
FORMANTS = np.array([[730, 1090, 2440], [530, 1840, 2480], [270, 2290, 3010], [570, 840, 2410], [300, 870, 2240]], np.float64)
FRAME, HOP, FFT = 1024, 256, 2048  # samples; what the tract adds behind a frame has died away within FFT - FRAME
BLOCK = 256  # frames filtered at once: their spectra stay in the processor's cache


@dataclass(frozen=True)
class Tract:
    """What makes a singer's sound their own.

    formants: (5, 5) Hz, resonances of each vowel; bandwidths: (5,) Hz; brightness: Hz in which the buzz falls by a factor of e; tilt: Hz from
    which on it falls by 6 dB an octave more; breathiness: noise in the voice, of which the buzz has 1.
    """

    formants: np.ndarray
    bandwidths: np.ndarray
    brightness: float
    tilt: float
    breathiness: float


def draw_tract(rng: np.random.Generator) -> Tract:
    """A singer's vocal tract: its length moves all resonances, its shape each a little."""
    length = rng.uniform(0.88, 1.14)
    high = np.tile([rng.uniform(3150, 3750), rng.uniform(4100, 4900)], (5, 1))  # hardly depend on the vowel
    shape = np.exp(rng.normal(0, 0.04, FORMANTS.shape))
    return Tract(
        formants=np.concatenate([FORMANTS * shape, high], axis=1) * length,
        bandwidths=np.array([70, 90, 120, 160, 220]) * rng.uniform(0.75, 1.3),
        brightness=rng.uniform(4500, 7500),
        tilt=rng.uniform(600, 1400),
        breathiness=rng.uniform(0.02, 0.08),
    )


def sing(tracks: Tracks, tract: Tract, rng: np.random.Generator) -> np.ndarray:
    """The sound of `tracks`: (num_frames * CONTROL_HOP,) float32 at SAMPLE_RATE. `rng` draws its noises."""
    f0 = REFERENCE * 2 ** (_at_samples(tracks.cents) / 1200)
    voice = _at_samples(tracks.voice)
    noise = rng.standard_normal(len(f0))
    source = voice * (_buzz(f0, tract.brightness) + tract.breathiness * noise) + _at_samples(tracks.hiss) * noise
    return _through_tract(source.astype(np.float32), tracks.vowels, tract)


def _at_samples(track: np.ndarray) -> np.ndarray:
    """A track, joined by lines, at every sample."""
    frames = np.arange(len(track))
    return np.interp(np.arange(len(track) * CONTROL_HOP) / CONTROL_HOP, frames, track)


def _buzz(f0: np.ndarray, brightness: float) -> np.ndarray:
    """Sum over h from 1 of r^h cos(h phase), of power 1/2; r is such that all harmonics lie on one envelope, whatever the pitch."""
    ratio = np.exp(-f0 / brightness)
    cosine = np.cos(2 * np.pi * np.cumsum(f0) / SAMPLE_RATE)
    total = ratio * (cosine - ratio) / (1 - 2 * ratio * cosine + ratio**2)
    return total * np.sqrt(1 - ratio**2) / ratio


def _through_tract(source: np.ndarray, vowels: np.ndarray, tract: Tract) -> np.ndarray:
    """`source` (num_samples,) float32, filtered by resonances that move with the vowels: weighted overlap-add with a Hann window."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)).astype(np.float32) / 2  # four of them add up to 1
    padded = np.pad(source, FRAME)
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    formants = np.exp(vowels @ np.log(tract.formants))
    centres = np.clip((np.arange(len(frames)) * HOP - FRAME // 2) // CONTROL_HOP, 0, len(formants) - 1)
    out = np.zeros(len(padded) + FFT, np.float32)
    for first in range(0, len(frames), BLOCK):
        block = slice(first, first + BLOCK)
        spectra = np.fft.rfft(frames[block] * window, FFT) * _response(formants[centres[block]], tract)
        for number, filtered in enumerate(np.fft.irfft(spectra, FFT), first):
            out[number * HOP : number * HOP + FFT] += filtered
    return out[FRAME : FRAME + len(source)]


def _response(formants: np.ndarray, tract: Tract) -> np.ndarray:
    """Frequency response for each row of formants, (num_frames, FFT / 2 + 1) complex64: 1 at 0 Hz, a peak at each of them."""
    frequency = np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE).astype(np.float32)
    below = np.broadcast_to(1 + 1j * frequency / np.float32(tract.tilt), (len(formants), len(frequency))).astype(np.complex64)
    for centre, bandwidth in zip(formants.T.astype(np.float32), tract.bandwidths.astype(np.float32), strict=True):
        relative = frequency / centre[:, None]
        below *= (1 - relative**2) + 1j * relative * (bandwidth / centre)[:, None]
    return 1 / below
