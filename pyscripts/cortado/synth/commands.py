"""Synthetic speech for recognition, with the times of its words and phones: the plan of the mini recognition corpus and its sounds.

Speakers are made as in `speakers`, but they speak in no room, so that a phone lies where the synthesiser put it: there are noise, a
microphone for each speaker, and pauses before and behind. Speakers of train, dev and test share no variant and no sentence.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cortado.errors import CortadoError
from cortado.feats import add_noise, coloured_noise, random_eq
from cortado.synth.espeak import Phone, synthesise
from cortado.synth.sentences import COMMANDS, draw_sentences
from cortado.synth.speakers import SAMPLE_RATE, VARIANTS, Speaker, draw_voice, set_level

SUBSETS = ("train", "dev", "test")
_VARIANTS = {("train", gender): VARIANTS["train", gender] for gender in "fm"} | {
    (subset, gender): VARIANTS["test", gender][half] for subset, half in (("dev", slice(0, 2)), ("test", slice(2, 4))) for gender in "fm"
}
# Every random choice has a generator of its own, named by one of these and the place of what is drawn.
_SPEAKER, _MICROPHONE, _UTTERANCE = range(10, 13)


@dataclass(frozen=True)
class Command:
    """One sentence of a speaker; `number` counts from 0 within the speaker."""

    speaker: Speaker
    number: int
    text: str

    @property
    def name(self) -> str:
        return f"{self.speaker.name}-{self.number:03d}"


@dataclass(frozen=True)
class Recording:
    """samples: (num_samples,) float32 in (-1, 1) at SAMPLE_RATE. `words` and `phones`: their times in seconds, without pauses;
    phones are espeak-ng's, without their stress marks.
    """

    samples: np.ndarray
    words: list[Phone]
    phones: list[Phone]


@dataclass(frozen=True)
class CommandPlan:
    """How large the corpus is; `seed` draws everything in it. Speakers alternate between women and men."""

    num_train_speakers: int = 16
    num_dev_speakers: int = 4
    num_test_speakers: int = 4
    sentences_per_speaker: int = 25
    seed: int = 1

    def __post_init__(self):
        if min(self.num_train_speakers, self.num_dev_speakers, self.num_test_speakers, self.sentences_per_speaker) < 1:
            raise CortadoError("the corpus needs at least one speaker in each subset, and one sentence of each")

    def speakers(self) -> list[Speaker]:
        counts = (self.num_train_speakers, self.num_dev_speakers, self.num_test_speakers)
        places = [(subset, place) for subset, count in zip(SUBSETS, counts, strict=True) for place in range(count)]
        return [self._speaker(number, subset, place) for number, (subset, place) in enumerate(places)]

    def utterances(self, speaker: Speaker) -> Iterator[Command]:
        """What a speaker says; no sentence occurs twice in the corpus."""
        count = self.sentences_per_speaker
        sentences = draw_sentences(count * len(self.speakers()), self.seed, list(COMMANDS.values()))
        for number, text in enumerate(sentences[speaker.number * count : (speaker.number + 1) * count]):
            yield Command(speaker, number, text)

    def render(self, utterance: Command) -> Recording:
        """The recording of an utterance. Raises CortadoError where the synthesiser speaks two words as one."""
        rng = self._generator(_UTTERANCE, utterance.speaker.number, utterance.number)
        speech = synthesise(utterance.text, utterance.speaker.voice, SAMPLE_RATE, seed=int(rng.integers(2**31 - 1)))
        before, behind = (int(SAMPLE_RATE * rng.uniform(0.1, 0.4)) for _ in range(2))
        samples = np.pad(speech.samples, (before, behind))
        samples = add_noise(samples, coloured_noise(len(samples), SAMPLE_RATE, rng), snr_db=rng.uniform(15, 30))
        samples = random_eq(samples, SAMPLE_RATE, self._generator(_MICROPHONE, utterance.speaker.number), std_db=3)
        phones = spoken_phones(speech.phones, before / SAMPLE_RATE)
        return Recording(set_level(samples, level_db=rng.uniform(-32, -20)), word_times(phones, utterance.text), phones)

    def _speaker(self, number: int, subset: str, place: int) -> Speaker:
        gender = "fm"[place % 2]
        variants = _VARIANTS[subset, gender]
        return Speaker(number, subset, gender, draw_voice(self._generator(_SPEAKER, number), variants[place // 2 % len(variants)]))

    def _generator(self, *place: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *place])


def spoken_phones(phones: list[Phone], delay: float) -> list[Phone]:
    """The phones that are no pauses, `delay` seconds later, without their stress marks."""
    return [Phone(label.lstrip("',"), start + delay, end + delay, word) for label, start, end, word in phones if word >= 0]


def word_times(phones: list[Phone], text: str) -> list[Phone]:
    """The words of `text`, each from its first phone's start to its last one's end."""
    written = text.split()
    if phones[-1].word + 1 != len(written):
        raise CortadoError(f"the synthesiser speaks '{text}' as {phones[-1].word + 1} words, not {len(written)}")
    own = [[phone for phone in phones if phone.word == number] for number in range(len(written))]
    return [Phone(word, group[0].start, group[-1].end, number) for number, (word, group) in enumerate(zip(written, own, strict=True))]
