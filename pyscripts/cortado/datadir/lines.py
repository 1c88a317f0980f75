"""Tables as bytes: where their lines lie and which keys they have, found by numpy, with no Python object for each line.

What moves whole lines (sort, split, combine, fix) or only has to see that all is well (validate) works on these: a table of a
million lines takes a few tenths of a second. What is wrong with a bad line, table.parse_table tells.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from cortado.datadir.table import MAX_KEY_BYTES, read_bytes, read_table

TAB, NEWLINE, RETURN, BLANK = b"\t\n\r "
BYTE_ORDER_MARK = "\ufeff".encode()


class Lines:
    """The lines of a table, in file order.

    `content`: all lines, each with its newline. `starts`: (num_lines + 1,) int64, where each begins and, last, where all end.
    `key_bytes`: (num_lines,) int64, the length of each up to its first blank.
    `keys`: (num_lines,) byte strings of one width, UTF-8, which compare as LC_ALL=C sort does.
    `is_plain`: (num_lines,) bool, whether a line is 'key value' just as write_table writes it. Other lines have empty keys.
    """

    def __init__(self, content: bytes, starts: np.ndarray, key_bytes: np.ndarray, keys: np.ndarray, is_plain: np.ndarray):
        self.content, self.starts, self.key_bytes, self.keys, self.is_plain = content, starts, key_bytes, keys, is_plain

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, line: int) -> bytes:
        """One line without its newline."""
        return self.content[self.starts[line] : self.starts[line + 1] - 1]

    @property
    def is_sorted(self) -> bool:
        """Whether all lines are plain and each key comes after the one before it, so that none is there twice."""
        return bool(self.is_plain.all() and (self.keys[:-1] < self.keys[1:]).all())

    @property
    def values(self) -> np.ndarray:
        """(num_lines,) byte strings of one width. For short values, such as the speakers of utt2spk."""
        starts = self._value_starts
        return _cut(self.content, starts, self.starts[1:] - 1 - starts)

    def value_list(self) -> list[bytes]:
        """The value of each line."""
        return [self.content[start:stop] for start, stop in zip(self._value_starts.tolist(), (self.starts[1:] - 1).tolist(), strict=True)]

    def value(self, line: int) -> str:
        """The value of one line."""
        return self[line][self.key_bytes[line] + 1 :].decode()

    def items(self) -> Iterator[tuple[str, str]]:
        """(key, value) of each line, all of which are plain."""
        return zip(decode(self.keys), (value.decode() for value in self.value_list()), strict=True)

    def take(self, wanted: np.ndarray) -> "Lines":
        """Some of the lines: `wanted` is (num_lines,) bool, or line numbers in the order in which they shall come."""
        rows = np.flatnonzero(wanted) if wanted.dtype == bool else wanted
        return Lines(self._join(rows), _edges(np.diff(self.starts)[rows]), self.key_bytes[rows], self.keys[rows], self.is_plain[rows])

    def sorted(self) -> "Lines":
        """The same lines by key; those of one key in their old order."""
        return self if self.is_sorted else self.take(np.argsort(self.keys, kind="stable"))

    def without_copies(self) -> "Lines":
        """Lines sorted by key, without those that equal the one before them."""
        copies = [line + 1 for line in np.flatnonzero(self.keys[1:] == self.keys[:-1]).tolist() if self[line] == self[line + 1]]
        return self.take(np.delete(np.arange(len(self)), copies)) if copies else self

    @property
    def _value_starts(self) -> np.ndarray:
        return np.minimum(self.starts[:-1] + self.key_bytes + 1, self.starts[1:] - 1)

    def _join(self, rows: np.ndarray) -> bytes:
        if not len(rows):
            return b""
        breaks = np.flatnonzero(np.diff(rows) != 1)  # lines that follow one another here too are copied together
        firsts, lasts = rows[np.r_[0, breaks + 1]], rows[np.r_[breaks, -1]]
        runs = zip(self.starts[firsts].tolist(), self.starts[lasts + 1].tolist(), strict=True)
        return b"".join([self.content[start:stop] for start, stop in runs])


class Names(Sequence[str]):
    """Keys as str, each made when it is asked for: a million names in the memory of their bytes, a quarter of a list's."""

    def __init__(self, keys: np.ndarray):
        self._keys = keys

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, index: int) -> str:
        return self._keys[index].decode()

    def __iter__(self) -> Iterator[str]:
        return iter(decode(self._keys))


def scan_lines(content: bytes) -> Lines:
    """The lines of the content of a table, good and bad."""
    content = content + b"\n" if content and not content.endswith(b"\n") else content
    letters = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero(letters == NEWLINE)
    starts = np.concatenate([[0], ends + 1])
    blanks = np.append(np.flatnonzero(letters == BLANK), len(letters))
    key_bytes = np.minimum(blanks[np.searchsorted(blanks, starts[:-1])], ends) - starts[:-1]
    is_plain = _find_plain(content, starts[:-1], key_bytes, ends)
    return Lines(content, starts, key_bytes, _cut(content, starts[:-1], np.where(is_plain, key_bytes, 0)), is_plain)


def read_lines(path: str | Path) -> Lines:
    """The table `path`, sorted. Raises DataError as read_table does; lines of another form are brought into that of write_table."""
    lines = scan_lines(read_bytes(path))
    if lines.is_plain.all() and (lines := lines.sorted()).is_sorted:
        return lines
    return make_lines(read_table(path).items())


def make_lines(rows: Iterable[tuple[str, str]]) -> Lines:
    """Sorted lines of (key, value) pairs."""
    return scan_lines("".join([f"{key} {value}\n" for key, value in rows]).encode()).sorted()


def merge_lines(parts: Sequence[Lines]) -> Lines:
    """The lines of all parts, sorted; one that several of them have is there once. Not is_sorted where a key has different values."""
    whole = Lines(
        b"".join([part.content for part in parts]),
        _edges(np.concatenate([np.diff(part.starts) for part in parts])),
        np.concatenate([part.key_bytes for part in parts]),
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.is_plain for part in parts]),
    )
    return whole.sorted().without_copies()


def find(names: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Where each of `names` is in `known`, which is sorted, -1 for one that is not: (num_names,) int64."""
    if np.array_equal(names, known):
        return np.arange(len(names))
    if not len(known):
        return np.full(len(names), -1)
    places = np.minimum(np.searchsorted(known, names), len(known) - 1)
    return np.where(known[places] == names, places, -1)


def decode(names: np.ndarray) -> list[str]:
    """Keys or values as str."""
    return [name.decode() for name in names.tolist()]


def encode(names: Iterable[str]) -> np.ndarray:
    """The inverse of decode: (num_names,) byte strings."""
    return np.array([name.encode() for name in names], dtype=bytes)


def spk2utt_content(utterances: np.ndarray, speakers: np.ndarray) -> bytes:
    """The file spk2utt, from each of the sorted utterances and its speaker."""
    spk2utt: dict[bytes, list[bytes]] = {}
    for utterance, speaker in zip(utterances.tolist(), speakers.tolist(), strict=True):
        spk2utt.setdefault(speaker, []).append(utterance)
    return b"".join(b"%s %s\n" % (speaker, b" ".join(spk2utt[speaker])) for speaker in sorted(spk2utt))


def _find_plain(content: bytes, starts: np.ndarray, key_bytes: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Whether each line is 'key value': one blank, UTF-8, nothing at either end that reading would remove."""
    letters = np.frombuffer(content, np.uint8)
    key_ends = starts + key_bytes
    first, last = letters[np.minimum(key_ends + 1, ends)], letters[ends - 1]
    plain = (key_bytes > 0) & (key_bytes <= MAX_KEY_BYTES) & (key_ends + 1 < ends)
    plain &= (first != BLANK) & (first != TAB) & (last != BLANK) & (last != TAB) & (last != RETURN)
    if b"\0" in content:
        plain[np.searchsorted(ends, np.flatnonzero(letters == 0))] = False
    if b"\t" in content:
        tabs = np.flatnonzero(letters == TAB)
        lines = np.searchsorted(ends, tabs)
        plain[lines[tabs < key_ends[lines]]] = False
    if not _is_utf8(content):
        for line in np.unique(np.searchsorted(ends, np.flatnonzero(letters > 127))).tolist():
            plain[line] &= _is_utf8(content[starts[line] : ends[line]])
    if BYTE_ORDER_MARK in content:
        plain &= [not content.startswith(BYTE_ORDER_MARK, start) for start in starts.tolist()]
    return plain


def _edges(lengths: np.ndarray) -> np.ndarray:
    """Where pieces of these lengths begin when they follow one another and, last, where all end."""
    return np.concatenate([[0], np.cumsum(lengths)])


def _cut(content: bytes, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The pieces of `content` at the ascending `starts`, of `lengths` bytes, as byte strings of the width of the longest."""
    width = max(1, int(lengths.max(initial=0)))
    inside = int(np.searchsorted(starts, len(content) - width, side="right"))  # a window of `width` fits behind these starts
    pieces = np.empty((len(starts), width), np.uint8)
    if inside:
        pieces[:inside] = _windows(content, width)[starts[:inside]]
    if inside < len(starts):
        pieces[inside:] = _windows(content[starts[inside] :] + bytes(width), width)[starts[inside:] - starts[inside]]
    pieces *= np.arange(width) < lengths[:, None]
    return pieces.view(f"S{width}").ravel()


def _windows(content: bytes, width: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(np.frombuffer(content, np.uint8), width)


def _is_utf8(content: bytes) -> bool:
    try:
        return content.isascii() or content.decode() is not None
    except UnicodeDecodeError:
        return False
