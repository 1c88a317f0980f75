r"""ARPA files of backoff n-gram models, plain or gzipped, as SRILM, KenLM and Kaldi read and write them.

    \data\
    ngram 1=3
    ...
    \1-grams:
    -0.4771<tab>word<tab>-0.30103      log10 probability, words, log10 backoff weight (left out when 0)
    ...
    \end\
"""

import gzip
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from cortado.errors import DataError
from cortado.files import atomic_write
from cortado.lm.ngram_model import MissingContext, NgramModel, NgramOrder, RepeatedNgram

_LINES_AT_ONCE = 100_000  # split lines are twenty times as large as the file
_COUNT = re.compile(rb"ngram\s+(\d+)\s*=\s*(\d+)$")


def read_arpa(path: str | Path) -> NgramModel:
    """Read an ARPA file; one whose name ends in .gz is unpacked. Word ids follow the order of its unigrams, values are float32.

    Raises DataError with the line for a malformed line, a count that is not true, a word without a unigram, an n-gram given twice or
    without its first n - 1 words in the model, and for a file that is cut.
    """
    path = Path(path)
    with _open(path) as file:
        lines = _Lines(path, file)
        counts = _read_counts(lines)
        vocabulary, orders, first_lines = [], [], []
        lookup: dict[bytes, int] = {}
        for n, count in enumerate(counts, 1):
            lines.expect(b"\\%d-grams:" % n)
            first_lines.append(lines.number + 1)
            orders.append(_read_ngrams(lines, n, count, lookup))
            if n == 1:
                vocabulary = [_decode(word, path, line) for line, word in enumerate(lookup, first_lines[0])]
        lines.expect(b"\\end\\")
    try:
        return NgramModel.from_unsorted(vocabulary, orders)
    except (MissingContext, RepeatedNgram) as error:
        raise DataError(path, str(error), first_lines[error.n - 1] + error.row) from error


def write_arpa(path: str | Path, model: NgramModel) -> None:
    """Write an ARPA file, gzipped when its name ends in .gz; equal models give equal bytes."""
    words = np.array(model.vocabulary, dtype=object)
    with atomic_write(path, "wb") as out:
        packed = gzip.GzipFile(filename="", fileobj=out, mode="wb", compresslevel=6, mtime=0) if str(path).endswith(".gz") else None
        with packed or _left_open(out) as file:
            file.write(b"\\data\\\n" + b"".join(b"ngram %d=%d\n" % (n, len(order)) for n, order in enumerate(model.orders, 1)))
            for n, order in enumerate(model.orders, 1):
                file.write(b"\n\\%d-grams:\n" % n)
                for text in _formatted(order, words, with_backoff=n < model.order):
                    file.write(text.encode())
            file.write(b"\n\\end\\\n")


@contextmanager
def _left_open(file) -> Iterator:
    yield file


@contextmanager
def _open(path: Path) -> Iterator:
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb") as file:
            yield file
    except (OSError, EOFError) as error:
        raise DataError(path, f"cannot be read: {getattr(error, 'strerror', None) or error}") from error


class _Lines:
    """The lines of a file with the number of the last one given out."""

    def __init__(self, path: Path, file):
        self.path, self.number, self._file = path, 0, file

    def next(self) -> bytes:
        """The next line without its blanks at both ends."""
        line = self._file.readline()
        if not line:
            raise DataError(self.path, r"ends too early: an ARPA file has \data\, its n-grams and \end\ ", self.number)
        self.number += 1
        return line.strip()

    def expect(self, wanted: bytes) -> None:
        while not (line := self.next()):
            pass
        if line != wanted:
            raise DataError(self.path, f"expected {wanted.decode()}, found {line[:60].decode(errors='replace')!r}", self.number)

    def take(self, count: int) -> list[bytes]:
        lines = list(itertools.islice(self._file, count))
        self.number += len(lines)
        if len(lines) < count:
            raise DataError(self.path, "ends within its n-grams", self.number)
        return lines

    def fail_at(self, index: int, taken: int, reason: str) -> DataError:
        """An error at line `index` of the `taken` lines given out last."""
        return DataError(self.path, reason, self.number - taken + index + 1)


def _read_counts(lines: _Lines) -> list[int]:
    r"""What \data\ promises: the number of n-grams of each order."""
    while lines.next() != b"\\data\\":  # text before it is a comment
        pass
    counts: list[int] = []
    while line := lines.next():
        match = _COUNT.match(line)
        if not match or int(match[1]) != len(counts) + 1:
            raise DataError(lines.path, f"expected 'ngram {len(counts) + 1}=<count>' or a blank line", lines.number)
        counts.append(int(match[2]))
    if not counts:
        raise DataError(lines.path, r"has no counts after \data\ ", lines.number)
    return counts


def _read_ngrams(lines: _Lines, n: int, count: int, lookup: dict[bytes, int]) -> NgramOrder:
    """The n-grams of one order as they stand in the file; `lookup`: word to id, filled by the unigrams."""
    ids, prob, backoff = np.empty((count, n), np.int32), np.empty(count, np.float32), np.empty(count, np.float32)
    for first in range(0, count, _LINES_AT_ONCE):
        part = slice(first, min(first + _LINES_AT_ONCE, count))
        rows = [line.split() for line in lines.take(part.stop - part.start)]
        if not set(map(len, rows)) <= {n + 1, n + 2}:
            wrong = next(i for i, row in enumerate(rows) if len(row) not in (n + 1, n + 2))
            raise lines.fail_at(wrong, len(rows), f"expected a {n}-gram: log10 probability, {n} words, backoff weight or none")
        if n == 1:
            _add_words(lines, rows, lookup)
        for column in range(n):
            ids[part, column] = _ids(lines, rows, column + 1, lookup)
        prob[part] = _numbers(lines, rows, 0)
        backoff[part] = _numbers(lines, rows, n + 1)
    return NgramOrder(ids, prob, backoff)


def _add_words(lines: _Lines, rows: list[list[bytes]], lookup: dict[bytes, int]) -> None:
    for index, row in enumerate(rows):
        if row[1] in lookup:
            raise lines.fail_at(index, len(rows), f"gives the unigram {row[1].decode(errors='replace')!r} a second time")
        lookup[row[1]] = len(lookup)


def _ids(lines: _Lines, rows: list[list[bytes]], column: int, lookup: dict[bytes, int]) -> list[int]:
    try:
        return [lookup[row[column]] for row in rows]
    except KeyError as error:
        index, word = next((i, row[column]) for i, row in enumerate(rows) if row[column] not in lookup)
        raise lines.fail_at(index, len(rows), f"uses the word {word.decode(errors='replace')!r}, which is not a unigram") from error


def _numbers(lines: _Lines, rows: list[list[bytes]], column: int) -> np.ndarray:
    """The numbers of one column, 0 where a row ends before it. Minus infinity is one."""
    numbers = np.array([_number_or_nan(row[column]) if len(row) > column else 0.0 for row in rows], np.float32)
    if not (numbers < np.inf).all():
        index = int((~(numbers < np.inf)).argmax())
        raise lines.fail_at(index, len(rows), f"{rows[index][column].decode(errors='replace')!r} is no log10 of a probability or weight")
    return numbers


def _number_or_nan(text: bytes) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _decode(word: bytes, path: Path, line: int) -> str:
    try:
        return word.decode()
    except UnicodeDecodeError as error:
        raise DataError(path, f"the word {word!r} is not UTF-8", line) from error


def _formatted(order: NgramOrder, words: np.ndarray, with_backoff: bool) -> Iterator[str]:
    """The lines of one order, many at a time."""
    for first in range(0, len(order), _LINES_AT_ONCE):
        part = slice(first, first + _LINES_AT_ONCE)
        columns = [words[column].tolist() for column in order.ids[part].T]
        ngrams = columns[0] if len(columns) == 1 else map(" ".join, zip(*columns, strict=True))
        prob, backoff = order.log10_prob[part].tolist(), order.log10_backoff[part].tolist()
        if with_backoff:
            yield "".join(map("%.8g\t%s\t%.8g\n".__mod__, zip(prob, ngrams, backoff, strict=True)))
        else:
            yield "".join(map("%.8g\t%s\n".__mod__, zip(prob, ngrams, strict=True)))
