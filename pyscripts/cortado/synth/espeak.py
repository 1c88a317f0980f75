"""Speech from text, with the time of every phone: espeak-ng, as the espeakng-loader wheel carries it.

The library keeps state between utterances (filters, flutter, random numbers), so what it says depends on what it said
before. Here each utterance gets a freshly loaded library and seeded random numbers, about 4 ms; hence the same text,
voice and seed give the same samples in any order and in any process.
"""

import ctypes
import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soxr

from cortado.errors import CortadoError

SYNTHESIS_RATE = 22050  # samples a second, fixed in the library
VOLUME = 40  # of 100: at its default the louder voices saturate

# Names and values of espeak-ng's speak_lib.h.
_SYNCHRONOUS, _PHONEME_EVENTS, _DONT_EXIT, _UTF8 = 2, 0x0001, 0x8000, 1
_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4
_END_OF_LIST, _WORD, _PHONEME = 0, 1, 7

_only_one = threading.Lock()  # the library is one per process, and calls into it release the interpreter


@dataclass(frozen=True)
class Voice:
    """Who speaks, and how. Raises CortadoError when a value is outside its range or the variant does not exist."""

    variant: str  # one of variants(), e.g. "f1"
    pitch: int = 50  # 0 to 99, within the variant's own range
    pitch_range: int = 50  # 0 (monotone) to 99
    words_per_minute: int = 175  # 80 to 450 after division by `tract`
    tract: float = 1.0  # all frequencies times this: 1.1 is a vocal tract 10 % shorter; the tempo stays
    language: str = "en-us"

    def __post_init__(self):
        if self.variant not in variants():
            raise CortadoError(f"espeak-ng has no voice variant {self.variant!r}; it has {', '.join(variants())}")
        allowed = {"pitch": (0, 99), "pitch_range": (0, 99), "tract": (0.75, 1.33)}
        for name, (low, high) in allowed.items():
            if not low <= getattr(self, name) <= high:
                raise CortadoError(f"voice {self.variant}: {name} is {getattr(self, name)}, not within {low} to {high}")
        if not 80 <= self.library_rate <= 450:
            raise CortadoError(f"voice {self.variant}: {self.words_per_minute} words per minute, not within 80 to 450 times tract")

    @property
    def library_rate(self) -> int:
        """Words per minute asked of the library, whose output is then played `tract` times as fast."""
        return round(self.words_per_minute / self.tract)


class Phone(NamedTuple):
    """A stretch of speech in seconds; `label` is espeak-ng's mnemonic with its stress mark ("'I"), "_" or "_:" a pause.

    `word` counts the words that the library speaks, from 0; -1 in a pause. It may speak two written words as one ("in the").
    """

    label: str
    start: float
    end: float
    word: int = -1


class Speech(NamedTuple):
    """An utterance: samples (num_samples,) float32 in [-1, 1), and its phones, which cover it from 0 s to its end."""

    samples: np.ndarray
    phones: list[Phone]


def variants() -> list[str]:
    """The names of all voice variants, sorted."""
    return sorted(path.name for path in (_files()[1] / "voices/!v").iterdir())


def synthesise(text: str, voice: Voice, sample_rate: int = 16000, seed: int = 0) -> Speech:
    """`text`, one sentence, spoken by `voice`; `seed` (0 to 2**31 - 2) draws what varies by chance: flutter and breath.

    Raises CortadoError when the library cannot be used, the seed is outside its range or the text has nothing to say.
    """
    if not 0 <= seed < 2**31 - 1:
        raise CortadoError(f"the seed of an utterance is {seed}, not within 0 to 2**31 - 2")
    if "\0" in text:
        raise CortadoError(f"the text {text!r} holds a NUL, at which espeak-ng would stop")
    raw, events = _speak(text, voice, seed)
    if all(kind == _WORD or label.startswith("_") for kind, _, label in events):
        raise CortadoError(f"espeak-ng finds nothing to say in {text!r}")
    library_hz = SYNTHESIS_RATE * voice.tract
    samples = soxr.resample((raw / 32768).astype(np.float32), library_hz, sample_rate)
    duration = len(samples) / sample_rate
    starts = [(label, min(sample / library_hz, duration), word) for label, sample, word in _phone_starts(raw, events)]
    ends = [start for _, start, _ in starts[1:]] + [duration]
    phones = [Phone(label, start, end, word) for (label, start, word), end in zip(starts, ends, strict=True)]
    return Speech(np.clip(samples, -1, 1 - 2**-15), [phone for phone in phones if phone.end > phone.start])


def _phone_starts(raw: np.ndarray, events: list[tuple[int, int, str]]) -> list[tuple[str, int, int]]:
    """Label and first sample of each phone, and the number of its word.

    The library announces a stop at its burst. Its closure, an exact silence, is given to it here, not to the phone
    before it; and the first phone of a word begins where the library says that the word does, unless the phone before it begins there
    too: between a nasal and a vowel the library announces the word before the nasal has sounded.
    """
    sounding = np.flatnonzero(raw)
    starts, word_start, word = [], None, -1
    for kind, sample, label in events:
        if kind == _WORD:
            word_start = sample if word_start is None else word_start
            word += 1
            continue
        last_sound = np.searchsorted(sounding, sample) - 1
        closure = sounding[last_sound] + 1 if last_sound >= 0 else 0
        previous = starts[-1][1] if starts else -1
        start = int(word_start if word_start is not None and word_start > previous else min(closure, sample))
        starts.append((label, max(start, previous, 0), -1 if label.startswith("_") else word))
        word_start = None
    return starts


def _speak(text: str, voice: Voice, seed: int) -> tuple[np.ndarray, list[tuple[int, int, str]]]:
    """int16 samples at SYNTHESIS_RATE, and (kind, sample, label) of words and phones in the order of time."""
    blocks, events = [], []

    @_CALLBACK
    def receive(wave, num_samples, event):
        if num_samples:
            blocks.append(np.ctypeslib.as_array(wave, (num_samples,)).copy())
        i = 0
        while event[i].type != _END_OF_LIST:
            if event[i].type in (_WORD, _PHONEME):
                events.append((event[i].type, event[i].sample, event[i].label.decode("utf-8", "replace")))
            i += 1
        return 0

    with _only_one, _fresh_library() as library:
        library.espeak_SetSynthCallback(receive)
        _check(library.espeak_SetVoiceByName(f"{voice.language}+{voice.variant}".encode()), f"voice {voice}")
        settings = {_RATE: voice.library_rate, _VOLUME: VOLUME, _PITCH: voice.pitch, _RANGE: voice.pitch_range}
        for parameter, value in settings.items():
            _check(library.espeak_SetParameter(parameter, value, 0), f"voice {voice}")
        library.espeak_ng_SetRandSeed(ctypes.c_long(seed + 1))  # 0 would mean the time of day
        ctypes.CDLL(None).srand(seed + 1)  # the Klatt voices draw their noise from the C library
        encoded = text.encode()
        _check(library.espeak_Synth(encoded, ctypes.c_size_t(len(encoded) + 1), 0, 0, 0, _UTF8, None, None), f"text {text!r}")
    return np.concatenate(blocks) if blocks else np.zeros(0, np.int16), events


@contextmanager
def _fresh_library():
    """The library in the state in which every process finds it, unloaded again at the end."""
    library_path, data_path = _files()
    _require_unloaded(library_path)
    try:
        library = ctypes.CDLL(str(library_path))
    except OSError as error:
        raise CortadoError(f"cannot load the synthesiser {library_path}: {error}") from None
    data = os.open(data_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # By its descriptor: the library has room for 160 bytes of path only.
        where = f"/proc/self/fd/{data}".encode()
        if library.espeak_Initialize(_SYNCHRONOUS, 0, where, _PHONEME_EVENTS | _DONT_EXIT) != SYNTHESIS_RATE:
            raise CortadoError(f"the synthesiser cannot read its data in {data_path}; remove .venv to have it made anew")
        yield library
        library.espeak_Terminate()
    finally:
        os.close(data)
        ctypes.CDLL(None).dlclose(ctypes.c_void_p(library._handle))


def _require_unloaded(library_path: Path) -> None:
    """Somebody else's copy in this process would be shared with ours, state and all."""
    try:
        ctypes.CDLL(str(library_path), mode=os.RTLD_NOLOAD | os.RTLD_NOW)
    except OSError:
        return
    raise CortadoError(f"{library_path} is already loaded in this process; make speech in a process of its own")


def _files() -> tuple[Path, Path]:
    """The library and its data folder."""
    try:
        import espeakng_loader
    except ImportError as error:
        raise CortadoError(f"the synthesiser is missing ({error}); '. ./path.sh' makes the environment that holds it") from None
    return Path(espeakng_loader.get_library_path()), Path(espeakng_loader.get_data_path())


def _check(status: int, what: str) -> None:
    if status:
        raise CortadoError(f"espeak-ng refuses {what}: status {status}")


class _Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h; the last member is a union, read as the name of a phone."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("label", ctypes.c_char * 8),
    )


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))
