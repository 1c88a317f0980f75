"""Which perturbations an utterance gets: options from a config, draws from the utterance's own generator."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cortado.datadir.audio import duration, read_audio
from cortado.datadir.table import read_table
from cortado.errors import ConfigError
from cortado.feats.augment import add_noise, coloured_noise, mix, random_eq, resample, reverberate, synthetic_rir


@dataclass(frozen=True)
class Augmenter:
    """Equaliser, then room, then noise, each with its probability; ranges are (lowest, highest), drawn from evenly.

    Rooms come from the impulse responses in the table `rir_scp` (name -> file or pipe) or are synthetic with a T60 within
    `reverb_t60` seconds. Noise comes from the recordings in `noise_scp` or is coloured Gaussian noise; the share `babble_share` of it is
    babble instead, `babble_talkers` recordings of the speech in `babble_scp` at once and equally loud (Snyder et al., "X-vectors",
    ICASSP 2018: three to seven at 13 to 20 dB).

    The defaults are the channel-perturbed test condition of the speaker recipes, another microphone, room and place for each
    utterance (conf/channel.yaml is the same): changing them changes what their tables mean.
    """

    eq_db: float = 4.0  # standard deviation of the equaliser's gains; 0 is no equaliser
    reverb_probability: float = 1.0
    reverb_t60: tuple[float, float] = (0.15, 0.6)
    rir_scp: str | None = None
    noise_probability: float = 1.0
    noise_snr: tuple[float, float] = (20.0, 35.0)  # dB
    noise_scp: str | None = None
    babble_share: float = 0.0
    babble_snr: tuple[float, float] = (13.0, 20.0)  # dB
    babble_talkers: tuple[int, int] = (3, 7)
    babble_scp: str | None = None

    def __post_init__(self):
        if self.eq_db < 0:
            raise ValueError(f"eq_db is {self.eq_db}; it is 0 (no equaliser) or more")
        for name in ("reverb_probability", "noise_probability", "babble_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it lies between 0 and 1")
        for name in ("reverb_t60", "noise_snr", "babble_snr", "babble_talkers"):
            lowest, highest = getattr(self, name)
            if lowest > highest:
                raise ValueError(f"{name} is [{lowest}, {highest}]; the lower end comes first")
        if self.reverb_t60[0] <= 0:
            raise ValueError(f"reverb_t60 is {list(self.reverb_t60)}; seconds above 0 are needed")
        if self.babble_talkers[0] < 1:
            raise ValueError(f"babble_talkers is {list(self.babble_talkers)}; at least one must talk")
        if self.babble_share and self.babble_scp is None:
            raise ValueError(f"babble_share is {self.babble_share}, but babble_scp names no recordings of speech")

    def __call__(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        """A perturbed copy of samples (num_samples,) float32, of the same length. Raises DataError for an unreadable noise or RIR."""
        if self.eq_db:
            samples = random_eq(samples, rate, rng, self.eq_db)
        if rng.random() < self.reverb_probability:
            samples = reverberate(samples, self._rir(rate, rng))
        if rng.random() < self.noise_probability:
            samples = self._with_noise(samples, rate, rng)
        return samples

    def _with_noise(self, samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
        if self.babble_share and rng.random() < self.babble_share:
            return add_noise(samples, self._babble(len(samples), rate, rng), rng.uniform(*self.babble_snr))
        return add_noise(samples, self._noise(len(samples), rate, rng), rng.uniform(*self.noise_snr))

    @cached_property
    def _rirs(self) -> list[str]:
        return _recordings(self.rir_scp)

    @cached_property
    def _noises(self) -> list[str]:
        return _recordings(self.noise_scp)

    @cached_property
    def _talkers(self) -> list[str]:
        return _recordings(self.babble_scp)

    def _rir(self, rate: int, rng: np.random.Generator) -> np.ndarray:
        if self.rir_scp is None:
            return synthetic_rir(rng.uniform(*self.reverb_t60), rate, rng)
        rir, rir_rate = read_audio(self._rirs[rng.integers(len(self._rirs))])
        return resample(rir, rir_rate, rate)

    def _noise(self, num_samples: int, rate: int, rng: np.random.Generator) -> np.ndarray:
        if self.noise_scp is None:
            return coloured_noise(num_samples, rate, rng)
        return _random_part(self._noises, num_samples, rate, rng)

    def _babble(self, num_samples: int, rate: int, rng: np.random.Generator) -> np.ndarray:
        lowest, highest = self.babble_talkers
        return mix([_random_part(self._talkers, num_samples, rate, rng) for _ in range(rng.integers(lowest, highest + 1))])


def _random_part(rxfiles: list[str], num_samples: int, rate: int, rng: np.random.Generator) -> np.ndarray:
    """A random part of a random recording, (num_samples,) float32, repeated if the recording is shorter."""
    rxfile = rxfiles[rng.integers(len(rxfiles))]
    available, wanted = duration(rxfile), num_samples / rate
    start = rng.uniform(0, max(0.0, available - wanted))
    samples, its_rate = read_audio(rxfile, start, min(available, start + wanted))
    return np.resize(resample(samples, its_rate, rate), num_samples)


def _recordings(scp: str) -> list[str]:
    recordings = list(read_table(scp).values())
    if not recordings:
        raise ConfigError(f"{scp}: no recording to draw from")
    return recordings
