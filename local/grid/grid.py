"""GRID as its publishers lay it out: talkers with one clip a sentence, and the times of its words.

Sentences are six words of a fixed pattern, and a clip is named after them: bbaf2n is "bin blue at f two now".
"""

import re
from pathlib import Path
from typing import NamedTuple

from cortado.datadir.table import read_text
from cortado.errors import CortadoError, DataError
from cortado.lang.ctm import Timed

TICKS = 25000  # of a second, the unit of the alignments
SILENCES = ("sil", "sp")
SUFFIXES = (".mpg", ".mp4")
# The published grammar. Letters leave out w, whose name is the only one of several syllables.
SLOTS = {
    "command": ("bin", "lay", "place", "set"),
    "colour": ("blue", "green", "red", "white"),
    "preposition": ("at", "by", "in", "with"),
    "letter": tuple("abcdefghijklmnopqrstuvxyz"),
    "digit": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "adverb": ("again", "now", "please", "soon"),
}
_DIGITS = dict(zip("z123456789", SLOTS["digit"], strict=True))
_SENTENCE = re.compile(r"[blps][bgrw][abiw][a-vx-z][z1-9][anps]")
_TALKER = re.compile(r"s\d+")


class Clip(NamedTuple):
    """One sentence of one talker; `align` need not exist."""

    talker: str
    sentence: str
    video: Path
    align: Path

    @property
    def name(self) -> str:
        return f"{self.talker}-{self.sentence}"


def find_clips(corpus: Path) -> list[Clip]:
    """All clips, sorted by name: (video/)TALKER/[...]SENTENCE.mpg or .mp4, and align/TALKER/SENTENCE.align or TALKER/align/SENTENCE.align.

    Raises CortadoError where there is none, DataError for a clip that is not named as a sentence or is there twice.
    """
    top = corpus / "video" if (corpus / "video").is_dir() else corpus
    talkers = sorted(path for path in top.glob("s*") if path.is_dir() and _TALKER.fullmatch(path.name))
    clips: dict[str, Clip] = {}
    for talker in talkers:
        for path in sorted(path for path in talker.rglob("*") if path.suffix in SUFFIXES):
            if not _SENTENCE.fullmatch(path.stem):
                raise DataError(path, "is not named after a sentence, as bbaf2n is")
            clip = Clip(talker.name, path.stem, path.absolute(), _align_path(corpus, talker, path.stem))
            if clip.name in clips:
                raise DataError(path, f"the sentence is also {clips[clip.name].video}")
            clips[clip.name] = clip
    if not clips:
        raise CortadoError(f"--corpus {corpus}: no s<N>/*.mpg or *.mp4 in it or in its video/; give the folder that holds the talkers")
    return [clips[name] for name in sorted(clips)]


def read_words(path: Path, sentence: str) -> list[Timed]:
    """The words of an alignment in their order, without silences.

    Raises DataError with the line for a missing or malformed file, times that run backwards, and words that are not those of the sentence.
    """
    words, last = [], 0
    for number, line in enumerate(read_text(path).splitlines(), 1):  # some end in carriage returns
        fields = line.split()
        if len(fields) != 3 or not (fields[0].isdigit() and fields[1].isdigit()):
            raise DataError(path, f"expected start, end and word, found '{line}'", number)
        start, end, word = int(fields[0]), int(fields[1]), fields[2]
        if not last <= start < end:
            raise DataError(path, f"{word} is from {start} to {end}, but what is before it ends at {last}", number)
        last = end
        if word not in SILENCES:
            words.append(Timed(start / TICKS, end / TICKS, word))
    if [word.label for word in words] != words_of(sentence):
        raise DataError(
            path, f"has the words '{' '.join(word.label for word in words)}', but the clip's name says {' '.join(words_of(sentence))}"
        )
    return words


def words_of(sentence: str) -> list[str]:
    """The six words that a clip's name stands for.

    >>> words_of("bbaf2n")
    ['bin', 'blue', 'at', 'f', 'two', 'now']
    """
    choices = list(SLOTS.values())
    words = [_DIGITS[letter] if slot == 4 else letter for slot, letter in enumerate(sentence)]
    return [next(word for word in choices[slot] if word.startswith(letter)) for slot, letter in enumerate(words)]


def _align_path(corpus: Path, talker: Path, sentence: str) -> Path:
    beside = talker / "align" / f"{sentence}.align"
    return (beside if beside.exists() else corpus / "align" / talker.name / f"{sentence}.align").absolute()
