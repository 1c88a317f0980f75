"""How a singer sings a song: pitch, vowels and loudness at every instant, with the ornaments and habits that are this singer's own.

Tracks have a value every CONTROL_HOP samples. Pitch is in cents above 55 Hz, the reference of flamenco studies.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter1d

from cortado.synth.singer_songs import SCALE, VOWELS, Note, Song

SAMPLE_RATE = 44100
CONTROL_HOP = 64  # samples
CONTROL_RATE = SAMPLE_RATE / CONTROL_HOP
REFERENCE = 55.0  # Hz
MIN_VIBRATO_NOTE = 0.3  # seconds; shorter notes are sung straight
LEAD = 0.3  # seconds of silence before the first phrase
DRIFT_STD = 8.0  # cents


@dataclass(frozen=True)
class Manner:
    """A singer's habits; times in seconds, pitches in cents."""

    tonic: float  # above 55 Hz, before the key of the day
    beat: float
    vibrato_rate: float  # Hz
    vibrato_extent: float  # to either side
    vibrato_delay: float
    ornaments: tuple[tuple[int, ...], ...]  # the singer's own turns, in steps of the scale from the written note
    ornament_rate: float  # share of notes of two beats and more that end in one
    ornament_note: float  # length of each of its notes
    glide: float  # how slowly one pitch turns into the next
    scoop: float  # how far below its pitch a phrase begins
    fall: float  # how far it drops at its end
    rest: float  # between phrases
    breath: float  # loudness of the breath in the rest; the voice has 1


@dataclass(frozen=True)
class Tracks:
    """What is sung at each of `num_frames` instants, CONTROL_HOP samples apart.

    cents: (num_frames,), above 55 Hz, going on through pauses; voiced: (num_frames,) bool; vowels: (num_frames, 5) shares of VOWELS; voice
    and hiss: (num_frames,) amplitudes of the voiced and of the unvoiced sound, from 0 on.
    """

    cents: np.ndarray
    voiced: np.ndarray
    vowels: np.ndarray
    voice: np.ndarray
    hiss: np.ndarray

    @property
    def f0(self) -> np.ndarray:
        """(num_frames,) Hz; 0 where nothing is voiced."""
        return np.where(self.voiced, REFERENCE * 2 ** (self.cents / 1200), 0.0)


@dataclass(frozen=True)
class _Event:
    """A stretch of one target pitch; pitch is None where it is unvoiced, and the sound then a consonant."""

    seconds: float
    cents: float | None
    vowel: int

    @property
    def num_frames(self) -> int:
        return round(self.seconds * CONTROL_RATE)


def perform(song: Song, manner: Manner, key: float, pace: float, rng: np.random.Generator) -> Tracks:
    """`song` as a singer of this `manner` sings it today, `key` cents above the usual tonic and `pace` times as fast as usual."""
    parts = [_pause(LEAD, manner.tonic + key, 0.0)]
    for phrase in song:
        events = [event for note in phrase for event in _ornamented(note, manner, key, pace, rng)]
        parts.append(_sing_phrase(events, manner, rng))
        parts.append(_pause(manner.rest * rng.uniform(0.7, 1.3), parts[-1].cents[-1], manner.breath * rng.uniform(0.5, 1.5)))
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in Tracks.__dataclass_fields__}
    return Tracks(**joined)


def _ornamented(note: Note, manner: Manner, key: float, pace: float, rng: np.random.Generator) -> Iterator[_Event]:
    """The events of one written note: its consonant, the note, and perhaps one of the singer's turns at its end."""
    if note.consonant:
        yield _Event(rng.uniform(0.05, 0.11), None, note.vowel)
    left = note.beats * manner.beat / pace * rng.uniform(0.9, 1.1)
    turn: tuple[int, ...] = ()
    if note.beats > 1 and rng.random() < manner.ornament_rate:
        turn = manner.ornaments[rng.integers(len(manner.ornaments))]
    lengths = manner.ornament_note / pace * rng.uniform(0.85, 1.15, len(turn))
    yield _Event(max(left - lengths.sum(), manner.ornament_note), _pitch(note.degree, manner, key, rng), note.vowel)
    for step, length in zip(turn, lengths, strict=True):
        yield _Event(length, _pitch(note.degree + step, manner, key, rng), note.vowel)


def _pitch(degree: int, manner: Manner, key: float, rng: np.random.Generator) -> float:
    octave, place = divmod(degree, len(SCALE) - 1)
    return manner.tonic + key + 1200 * octave + SCALE[place] + rng.normal(0, 12)


def _sing_phrase(events: list[_Event], manner: Manner, rng: np.random.Generator) -> Tracks:
    lengths = [event.num_frames for event in events]
    voiced = np.repeat([event.cents is not None for event in events], lengths)
    vowels = np.repeat(np.eye(len(VOWELS))[[event.vowel for event in events]], lengths, axis=0)
    cents = gaussian_filter1d(np.repeat(_targets(events), lengths), manner.glide * CONTROL_RATE, mode="nearest")
    cents += _vibrato(events, manner, rng) + _scoop_and_fall(len(cents), manner, rng) + _drift(len(cents), rng)
    return Tracks(
        cents=cents,
        voiced=voiced,
        vowels=gaussian_filter1d(vowels, 0.02 * CONTROL_RATE, axis=0, mode="nearest"),
        voice=_fade(voiced, seconds=0.02) * rng.uniform(0.6, 1.0) * (1 + 0.1 * _drift(len(cents), rng) / DRIFT_STD),
        hiss=1.2 * _fade(~voiced, seconds=0.015),
    )


def _targets(events: list[_Event]) -> list[float]:
    """Each event's pitch; that of what follows where there is none."""
    targets: list[float] = []
    for event in reversed(events):  # a phrase ends in a note
        targets.append(targets[-1] if event.cents is None else event.cents)
    return targets[::-1]


def _vibrato(events: list[_Event], manner: Manner, rng: np.random.Generator) -> np.ndarray:
    """(num_frames,) cents about the target: on long notes, growing in after a delay and out at their end."""
    waves = []
    for event in events:
        seconds = np.arange(event.num_frames) / CONTROL_RATE
        rate, extent = manner.vibrato_rate * rng.uniform(0.95, 1.05), manner.vibrato_extent * rng.uniform(0.8, 1.2)
        depth = np.clip((seconds - manner.vibrato_delay) / 0.25, 0, 1) * np.clip((event.seconds - seconds) / 0.08, 0, 1)
        wave = extent * depth * np.sin(2 * np.pi * (rate * seconds + rng.random()))
        waves.append(wave if event.seconds > MIN_VIBRATO_NOTE and event.cents is not None else np.zeros(event.num_frames))
    return np.concatenate(waves)


def _scoop_and_fall(num_frames: int, manner: Manner, rng: np.random.Generator) -> np.ndarray:
    """(num_frames,) cents: up from below over the first 150 ms, down over the last."""
    seconds = np.arange(num_frames) / CONTROL_RATE
    rise, drop = (np.clip(1 - part / 0.15, 0, 1) ** 2 for part in (seconds, seconds[::-1]))
    return -manner.scoop * rng.uniform(0.5, 1.5) * rise - manner.fall * rng.uniform(0.5, 1.5) * drop


def _drift(num_frames: int, rng: np.random.Generator) -> np.ndarray:
    """Slow unsteadiness, (num_frames,) with a standard deviation of DRIFT_STD."""
    wander = gaussian_filter1d(rng.standard_normal(num_frames), 0.1 * CONTROL_RATE, mode="reflect")
    return DRIFT_STD * wander / wander.std()


def _fade(mask: np.ndarray, seconds: float) -> np.ndarray:
    """1 inside the runs of `mask`, 0 outside, with slopes inside of `seconds`."""
    inside = distance_transform_edt(np.pad(mask, 1))[1:-1]
    return np.clip(inside / (seconds * CONTROL_RATE), 0, 1)


def _pause(seconds: float, cents: float, breath: float) -> Tracks:
    """Silence with a breath in its second half."""
    num_frames = round(seconds * CONTROL_RATE)
    place = np.linspace(0, 1, num_frames)
    schwa = np.full((num_frames, len(VOWELS)), 1 / len(VOWELS))
    hiss = 0.6 * breath * np.clip(1 - np.abs(place - 0.65) / 0.25, 0, 1)
    return Tracks(np.full(num_frames, cents), np.zeros(num_frames, bool), schwa, np.zeros(num_frames), hiss)
