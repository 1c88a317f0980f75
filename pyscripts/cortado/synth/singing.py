"""Synthetic singers, and what they sing on several days: the plan of the mini singing corpus and the making of its sounds.

A singer has a vocal tract, habits and ornaments of their own (`singer_voice`, `singer_performance`). All singers sing the same few songs,
so a melody says nothing of who sings it; key, pace, room, noise, microphone and level are another in each recording, so a recording's sound
says nothing of it either. What is left is the voice, and how it is used. The pitch is known at every instant.
"""

from dataclasses import dataclass

import numpy as np

from cortado.errors import CortadoError
from cortado.feats import add_noise, coloured_noise, random_eq, reverberate, synthetic_rir
from cortado.synth.singer_performance import CONTROL_HOP, SAMPLE_RATE, Manner, perform
from cortado.synth.singer_songs import Song, draw_song
from cortado.synth.singer_voice import Tract, draw_tract, sing
from cortado.synth.speakers import set_level

F0_HOP = 256  # samples
NUM_ORNAMENTS = 3  # turns that a singer has
# Every random choice has a generator of its own, named by one of these and the place of what is drawn.
_SONG, _SINGER, _TAKE, _SOUND = range(4)


@dataclass(frozen=True)
class Singer:
    """One voice of the corpus; `number` counts from 0."""

    number: int
    tract: Tract
    manner: Manner

    @property
    def name(self) -> str:
        return f"sing{self.number:02d}"


@dataclass(frozen=True)
class Take:
    """One recording: which song, and what was different on that day; `number` counts from 0 within the singer."""

    singer: Singer
    number: int
    song: int
    key: float  # cents above the singer's usual tonic
    pace: float
    t60: float  # seconds in which the room's sound falls by 60 dB
    snr: float  # dB

    @property
    def name(self) -> str:
        return f"{self.singer.name}-{self.number:02d}"


@dataclass(frozen=True)
class Sung:
    """samples: (num_samples,) float32 in (-1, 1) at 44.1 kHz; f0: (ceil(num_samples / F0_HOP),) float32, Hz at the samples 0, F0_HOP, 2 F0_HOP
    and so on, 0 where nothing is voiced.
    """

    samples: np.ndarray
    f0: np.ndarray


@dataclass(frozen=True)
class SingingPlan:
    """How large the corpus is; `seed` draws everything in it."""

    num_singers: int = 5
    recordings_per_singer: int = 10
    num_songs: int = 3
    phrases_per_song: int = 3
    seed: int = 1

    def __post_init__(self):
        if self.num_singers < 2 or self.recordings_per_singer < 2:
            raise CortadoError("the corpus needs at least 2 singers and 2 recordings of each")
        if self.num_songs < 1 or self.phrases_per_song < 1:
            raise CortadoError("the corpus needs at least 1 song, and 1 phrase in it")

    def singers(self) -> list[Singer]:
        return [self._singer(number) for number in range(self.num_singers)]

    def takes(self, singer: Singer) -> list[Take]:
        """The recordings of a singer, who sings the songs in turn."""
        return [self._take(singer, number) for number in range(self.recordings_per_singer)]

    def song(self, number: int) -> Song:
        return draw_song(self.phrases_per_song, self._generator(_SONG, number))

    def render(self, take: Take) -> Sung:
        """What was recorded, and its pitch."""
        rng = self._generator(_SOUND, take.singer.number, take.number)
        tracks = perform(self.song(take.song), take.singer.manner, take.key, take.pace, rng)
        heard = reverberate(sing(tracks, take.singer.tract, rng), synthetic_rir(take.t60, SAMPLE_RATE, rng))
        heard = add_noise(heard, coloured_noise(len(heard), SAMPLE_RATE, rng), take.snr)
        samples = set_level(random_eq(heard, SAMPLE_RATE, rng, std_db=1.5), level_db=rng.uniform(-30, -20))
        return Sung(samples, tracks.f0[:: F0_HOP // CONTROL_HOP].astype(np.float32))

    def _singer(self, number: int) -> Singer:
        rng = self._generator(_SINGER, number)
        return Singer(number, draw_tract(rng), draw_manner(rng))

    def _take(self, singer: Singer, number: int) -> Take:
        rng = self._generator(_TAKE, singer.number, number)
        return Take(
            singer=singer,
            number=number,
            song=number % self.num_songs,
            key=rng.uniform(-200, 200),
            pace=rng.uniform(0.9, 1.1),
            t60=rng.uniform(0.1, 0.3),
            snr=rng.uniform(25, 40),
        )

    def _generator(self, *place: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *place])


def draw_manner(rng: np.random.Generator) -> Manner:
    """A singer's habits. Vibrato of 5 to 7 Hz and 30 to 100 cents, turns of 70 to 120 ms a note."""
    return Manner(
        tonic=rng.uniform(1500, 1900),
        beat=rng.uniform(0.26, 0.34),
        vibrato_rate=rng.uniform(5, 7),
        vibrato_extent=rng.uniform(30, 100),
        vibrato_delay=rng.uniform(0.05, 0.25),
        ornaments=tuple(_draw_ornament(rng) for _ in range(NUM_ORNAMENTS)),
        ornament_rate=rng.uniform(0.6, 0.9),
        ornament_note=rng.uniform(0.075, 0.115),
        glide=rng.uniform(0.008, 0.02),
        scoop=rng.uniform(0, 250),
        fall=rng.uniform(0, 300),
        rest=rng.uniform(0.5, 0.9),
        breath=rng.uniform(0.3, 1),
    )


def _draw_ornament(rng: np.random.Generator) -> tuple[int, ...]:
    """Four to seven notes about the written one, each a step of the scale from the last."""
    steps = np.cumsum(rng.choice([-1, 1], int(rng.integers(4, 8))))
    return tuple(int(step) for step in steps - np.round(steps.mean()))
