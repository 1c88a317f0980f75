"""Synthetic speakers, and what they say on several days: the plan of the mini speaker corpus and the making of its sounds.

A speaker is a variant of the synthesiser with a pitch, tempo, liveliness and vocal tract of their own. In each session
pitch and tempo drift and the microphone is another; room, noise, level and sentence change with every utterance. So
neither a room nor a microphone gives a speaker away. Speakers of different subsets never share a variant or a sentence.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from cortado.errors import CortadoError
from cortado.feats import add_noise, coloured_noise, random_eq, reverberate, synthetic_rir
from cortado.synth.espeak import Voice, synthesise
from cortado.synth.sentences import draw_sentences

SAMPLE_RATE = 16000
# Variants that sound like people. Those with an echo built in are left out: it would be a room that names the speaker.
VARIANTS = {
    ("train", "f"): ("Andrea", "Annie", "anika", "belinda", "f1", "shelby", "steph", "steph3"),
    ("train", "m"): ("Andy", "Denis", "Hugo", "Lee", "Mario", "Mike", "boris", "m1", "m4", "m6", "m8", "travis"),
    ("test", "f"): ("aunty", "grandma", "linda", "steph2"),
    ("test", "m"): ("Gene", "m3", "m7", "quincy"),
}
# Every random choice has a generator of its own, named by one of these and the place of what is drawn.
_SPEAKER, _SESSION, _UTTERANCE = range(3)


@dataclass(frozen=True)
class Speaker:
    """One voice of the corpus; `number` counts from 0 through all subsets."""

    number: int
    subset: str
    gender: str
    voice: Voice

    @property
    def name(self) -> str:
        return f"syn{self.number:03d}"


@dataclass(frozen=True)
class Utterance:
    """One sentence in one session; `number` counts from 0 within the speaker, `session` from 1."""

    speaker: Speaker
    session: int
    number: int
    text: str

    @property
    def session_name(self) -> str:
        return f"{self.speaker.name}-s{self.session}"

    @property
    def name(self) -> str:
        return f"{self.session_name}-{self.number:02d}"


@dataclass(frozen=True)
class Plan:
    """How large the corpus is; `seed` draws everything in it. Speakers alternate between women and men."""

    num_train_speakers: int = 40
    num_test_speakers: int = 16
    sentences_per_speaker: int = 20
    sessions_per_speaker: int = 4
    seed: int = 1

    def __post_init__(self):
        if min(self.num_train_speakers, self.num_test_speakers) < 2 or self.sessions_per_speaker < 2:
            raise CortadoError("the corpus needs at least 2 speakers in each subset and 2 sessions of each speaker")
        if self.sentences_per_speaker < self.sessions_per_speaker:
            raise CortadoError(f"{self.sentences_per_speaker} sentences do not fill {self.sessions_per_speaker} sessions")

    def speakers(self) -> list[Speaker]:
        subsets = ["train"] * self.num_train_speakers + ["test"] * self.num_test_speakers
        return [self._speaker(number, subset) for number, subset in enumerate(subsets)]

    def utterances(self, speaker: Speaker) -> Iterator[Utterance]:
        """The utterances of a speaker, in the order of sessions; no sentence occurs twice in the corpus."""
        count = self.sentences_per_speaker
        sentences = draw_sentences(count * (self.num_train_speakers + self.num_test_speakers), self.seed)
        for number, text in enumerate(sentences[speaker.number * count : (speaker.number + 1) * count]):
            yield Utterance(speaker, 1 + number * self.sessions_per_speaker // count, number, text)

    def render(self, utterance: Utterance) -> np.ndarray:
        """The recording of an utterance: (num_samples,) float32 in (-1, 1) at SAMPLE_RATE."""
        speaker = utterance.speaker
        session = self._generator(_SESSION, speaker.number, utterance.session)
        voice = _on_another_day(session, speaker.voice)
        rng = self._generator(_UTTERANCE, speaker.number, utterance.number)
        speech = synthesise(utterance.text, voice, SAMPLE_RATE, seed=int(rng.integers(2**31 - 1))).samples
        heard = random_eq(_in_a_place(rng, speech), SAMPLE_RATE, session, std_db=3)  # drawn by session: one microphone
        return set_level(heard, level_db=rng.uniform(-32, -20))

    def _speaker(self, number: int, subset: str) -> Speaker:
        rng = self._generator(_SPEAKER, number)
        place = number if subset == "train" else number - self.num_train_speakers
        gender = "fm"[place % 2]
        variants = VARIANTS[subset, gender]
        return Speaker(number, subset, gender, draw_voice(rng, variants[place // 2 % len(variants)]))

    def _generator(self, *place: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *place])


def draw_voice(rng: np.random.Generator, variant: str) -> Voice:
    """A person of this variant: pitch, liveliness, tempo and length of the vocal tract."""
    return Voice(
        variant=variant,
        pitch=int(rng.integers(25, 76)),
        pitch_range=int(rng.integers(25, 76)),
        words_per_minute=int(rng.integers(140, 186)),
        tract=float(rng.uniform(0.9, 1.1)),
    )


def _on_another_day(rng: np.random.Generator, voice: Voice) -> Voice:
    """The same person, a little higher or lower, slower or faster."""
    pitch = int(np.clip(voice.pitch + rng.integers(-10, 11), 0, 99))
    return replace(voice, pitch=pitch, words_per_minute=round(voice.words_per_minute * rng.uniform(0.92, 1.08)))


def _in_a_place(rng: np.random.Generator, speech: np.ndarray) -> np.ndarray:
    """`speech` in a random room with random noise."""
    heard = reverberate(speech, synthetic_rir(rng.uniform(0.1, 0.5), SAMPLE_RATE, rng))
    return add_noise(heard, coloured_noise(len(heard), SAMPLE_RATE, rng), snr_db=rng.uniform(10, 30))


def set_level(samples: np.ndarray, level_db: float, peak: float = 0.9) -> np.ndarray:
    """`samples` at a root mean square of `level_db` to full scale, less where their peak would pass `peak`."""
    gain = 10 ** (level_db / 20) / np.sqrt(np.mean(samples**2))
    return samples * np.float32(min(gain, peak / np.max(np.abs(samples))))
