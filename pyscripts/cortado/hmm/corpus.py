"""The utterances of a data directory that training can use: their words, speakers and lengths, and why others are left out."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from cortado.datadir import DataDir
from cortado.datadir.lengths import read_lengths
from cortado.datadir.table import few
from cortado.errors import DataError
from cortado.lang.lang import Lang


@dataclass(frozen=True)
class Utterance:
    """`words`: (num_words,) int32, each with a pronunciation."""

    name: str
    speaker: str
    words: np.ndarray
    num_frames: int


@dataclass(frozen=True)
class Corpus:
    """`utterances` sorted by name; `left_out`: name -> why; `oov_counts`: words without a pronunciation, which are read as the lang's
    oov word, and how often they occur.
    """

    utterances: list[Utterance]
    left_out: dict[str, str] = field(default_factory=dict)
    oov_counts: Counter = field(default_factory=Counter)

    @cached_property
    def num_frames(self) -> int:
        return sum(utterance.num_frames for utterance in self.utterances)

    @cached_property
    def speakers(self) -> list[str]:
        """Of the utterances, sorted."""
        return sorted({utterance.speaker for utterance in self.utterances})

    def describe(self, oov_word: str) -> str:
        """Some lines on how much there is, and what cannot be used as it is."""
        lines = [f"{len(self.utterances)} utterances with {self.num_frames} frames, {len(self.speakers)} speakers"]
        if self.left_out:
            lines.append(f"{len(self.left_out)} utterances have no features, no transcript or no words: {few(self.left_out)}")
        if self.oov_counts:
            words = [f"{word} ({count})" for word, count in self.oov_counts.most_common()]
            lines.append(f"{len(words)} words have no pronunciation and are read as {oov_word}: {few(words)}")
        return "\n".join(lines)


def read_corpus(data_dir: DataDir, lang: Lang) -> Corpus:
    """Read text, utt2spk, feats.scp and utt2num_frames. Raises DataError when no utterance can be used."""
    pronounced = {entry.word for entry in lang.pronunciations}
    text, feats_scp = data_dir.text, data_dir.feats_scp
    left_out = {utt: "its transcript is empty" for utt, words in text.items() if not words}
    left_out |= dict.fromkeys(text.keys() - feats_scp.keys(), "it has no features")
    left_out |= dict.fromkeys(feats_scp.keys() - text.keys(), "it has no transcript")
    usable = sorted(text.keys() - left_out.keys())
    if not usable:
        raise DataError(data_dir.path / "text", "has no utterance with words that is in feats.scp")
    oov_counts: Counter = Counter()
    lengths = read_lengths(data_dir, "utt2num_frames", usable)
    utterances = [
        Utterance(utt, data_dir.utt2spk[utt], _numbers(text[utt].split(), lang, pronounced, oov_counts), int(length))
        for utt, length in zip(usable, lengths, strict=True)
    ]
    return Corpus(utterances, dict(sorted(left_out.items())), oov_counts)


def _numbers(words: list[str], lang: Lang, pronounced: set[int], oov_counts: Counter) -> np.ndarray:
    is_known = [word in lang.words and lang.words[word] in pronounced for word in words]
    oov_counts.update(word for word, known in zip(words, is_known, strict=True) if not known)
    return np.array([lang.words[word] if known else lang.oov_word for word, known in zip(words, is_known, strict=True)], np.int32)
