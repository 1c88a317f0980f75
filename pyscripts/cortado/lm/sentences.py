"""Texts as word ids: a sentence on each line, or the transcripts of a data directory."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from cortado.errors import DataError
from cortado.lm.ngram_model import BOS, EOS, UNKNOWN_WORDS
from cortado.lm.packed import open_packed

_BYTES_AT_ONCE = 1 << 23
_MARKERS = (BOS.encode(), EOS.encode())


class WordIds(dict[bytes, int]):
    """Word (UTF-8) to id: index in `vocabulary` for its words; others get the ids behind it, in the order in which they are met.

    Both spellings of the unknown word have the id of the one that the vocabulary holds. It must hold <s> and </s>.
    """

    def __init__(self, vocabulary: Iterable[str]):
        super().__init__((word.encode(), index) for index, word in enumerate(vocabulary))
        self.num_known = len(self)
        self.others: list[bytes] = []
        known = [self[word.encode()] for word in UNKNOWN_WORDS if word.encode() in self]
        self.unknown = known[0] if known else None
        if known:
            self.update((word.encode(), known[0]) for word in UNKNOWN_WORDS)

    def __missing__(self, word: bytes) -> int:
        self.others.append(word)
        self[word] = self.num_known + len(self.others) - 1
        return self[word]

    def read(self, path: str | Path) -> Iterator[np.ndarray]:
        """The ids of many whole sentences at a time, (num_words,) int32, with <s> before each sentence and </s> behind it."""
        for chunk in read_chunks(path):
            words = (b"<s> " + chunk.replace(b"\n", b" </s> <s> ")).split()
            words.pop()  # the sentence behind the last line
            yield np.fromiter(map(self.__getitem__, words), np.int32, len(words))


def read_chunks(path: str | Path) -> Iterator[bytes]:
    """The lines of a text, many at a time, each ending in a newline.

    path: a file, unpacked if its name ends in .gz, or a data directory, whose `text` is read without the names of utterances. A line
    without words is a sentence, as lmplz has it.
    Raises DataError for a file that cannot be read or has no word, for the `text` of a data directory that is given as a file, and with
    the line for <s> or </s> in a sentence, an empty line in a data directory, and words that are not UTF-8.
    """
    is_data_dir = Path(path).is_dir()
    path = Path(path, "text") if is_data_dir else Path(path)
    if not is_data_dir and path.name == "text" and path.with_name("utt2spk").exists():
        raise DataError(path, f"begins each line with the name of an utterance: give its directory, {path.parent}")
    num_lines, has_words = 0, False
    for lines in _read_lines(path):
        if not lines[-1].endswith(b"\n"):
            lines[-1] += b"\n"
        chunk = b"".join(_without_names(lines, path, num_lines) if is_data_dir else lines)
        _check(chunk, path, num_lines)
        has_words = has_words or not chunk.isspace()
        num_lines += len(lines)
        yield chunk
    if not has_words:
        raise DataError(path, "has no words")


def words_before(ids: np.ndarray, bos: int) -> np.ndarray:
    """How many words of its own sentence stand before each word of `ids`, <s> counted; (num_words,) int64."""
    positions = np.arange(len(ids))
    return positions - np.maximum.accumulate(np.where(ids == bos, positions, 0))


def _read_lines(path: Path) -> Iterator[list[bytes]]:
    with open_packed(path) as file:
        while lines := file.readlines(_BYTES_AT_ONCE):
            yield lines


def _without_names(lines: list[bytes], path: Path, num_before: int) -> Iterator[bytes]:
    """The lines without their first fields."""
    for number, line in enumerate(lines, num_before + 1):
        fields = line.split(None, 1)
        if not fields:
            raise DataError(path, "is an empty line", number)
        yield fields[1] if len(fields) > 1 else b"\n"


def _check(chunk: bytes, path: Path, num_before: int) -> None:
    try:
        chunk.decode()
    except UnicodeDecodeError as error:
        raise DataError(path, "is not UTF-8", num_before + chunk.count(b"\n", 0, error.start) + 1) from error
    if any(marker in chunk for marker in _MARKERS):
        for number, line in enumerate(chunk.split(b"\n"), num_before + 1):
            for word in line.split():
                if word in _MARKERS:
                    raise DataError(path, f"has the word {word.decode()}, which stands for an end of a sentence: take it out", number)
