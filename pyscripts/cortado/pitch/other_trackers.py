"""Trackers of other programs, for comparison. Neither is installed with this repository, since their licences bind whoever passes them on."""

import importlib
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from cortado.errors import CortadoError
from cortado.pitch.frames import HOP, RATE
from cortado.pitch.tracker import Tracker


@dataclass(frozen=True)
class Praat(Tracker):
    """Praat's autocorrelation (P. Boersma, 1993) through praat-parselmouth, under the GNU GPL 3. min_f0, max_f0: Hz."""

    min_f0: float = 65.0
    max_f0: float = 1000.0

    rate = RATE

    def __post_init__(self):
        _refuse_range(self.min_f0, self.max_f0)

    def __call__(self, samples: np.ndarray, num_frames: int) -> np.ndarray:
        parselmouth = _imported("parselmouth", "praat-parselmouth", "GNU GPL 3")
        sound = parselmouth.Sound(samples.astype(np.float64), RATE)
        pitch = sound.to_pitch_ac(time_step=HOP / RATE, pitch_floor=self.min_f0, pitch_ceiling=self.max_f0)
        return _on_grid(pitch.xs(), pitch.selected_array["frequency"], num_frames)


@dataclass(frozen=True)
class Essentia(Tracker):
    """MELODIA itself, PredominantPitchMelodia of essentia, under the GNU AGPL 3. min_f0, max_f0: Hz; voicing_tolerance: -1 to 1.4, of theirs."""

    min_f0: float = 80.0
    max_f0: float = 1000.0
    voicing_tolerance: float = 0.2

    rate = RATE

    def __post_init__(self):
        _refuse_range(self.min_f0, self.max_f0)

    def __call__(self, samples: np.ndarray, num_frames: int) -> np.ndarray:
        essentia = _imported("essentia.standard", "essentia", "GNU AGPL 3")
        track = essentia.PredominantPitchMelodia(
            frameSize=2048,
            hopSize=HOP,
            sampleRate=RATE,
            minFrequency=self.min_f0,
            maxFrequency=self.max_f0,
            voicingTolerance=self.voicing_tolerance,
        )
        f0, _ = track(essentia.EqualLoudness()(samples))
        return _on_grid(np.arange(len(f0)) * (HOP / RATE), np.asarray(f0), num_frames)


def _imported(module: str, package: str, licence: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise CortadoError(f"this tracker needs {package}, which is under the {licence}: pip install {package} ({error})") from None


def _refuse_range(min_f0: float, max_f0: float) -> None:
    if not 0 < min_f0 < max_f0 <= RATE / 2:
        raise ValueError(f"min_f0 {min_f0:g} and max_f0 {max_f0:g}: the first lies above 0 and below the second, in Hz")


def _on_grid(times: np.ndarray, f0: np.ndarray, num_frames: int) -> np.ndarray:
    """f0 at i * 256 / 44100 s: between two voiced values on the line between them, beside an unvoiced one the nearer; 0 outside `times`."""
    wanted = np.arange(num_frames) * (HOP / RATE)
    nearest = np.rint(np.interp(wanted, times, np.arange(len(times)))).astype(int)
    inside = np.abs(times[nearest] - wanted) <= HOP / RATE
    after = np.clip(np.searchsorted(times, wanted), 1, len(times) - 1)
    both = (f0[after - 1] > 0) & (f0[after] > 0)
    values = np.where(both, np.interp(wanted, times, f0), f0[nearest])
    return np.where(inside, values, 0).astype(np.float32)
