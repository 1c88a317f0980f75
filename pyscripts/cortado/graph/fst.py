"""A weighted finite-state transducer as arrays, read from and written to OpenFst's binary files.

Arcs lie sorted by the state they leave, so that the arcs of state s are `first_arc[s]` to `first_arc[s + 1] - 1`. Weights are costs:
negative natural logs of probabilities (tropical or log semiring alike). Label 0 is epsilon.

File format: OpenFst's "vector" FST of "standard" arcs, version 2, without symbol tables. Kaldi and OpenFst's tools read and write it.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from cortado.errors import DataError
from cortado.files import atomic_write
from cortado.graph.fst_kernels import ARC_WORDS, STATE_WORDS, group_arcs, pack_states, scan_states, unpack_states

EPSILON = 0
NOT_FINAL = np.float32(np.inf)

_MAGIC = 2125659606
_VERSION = 2
_EXPANDED_AND_MUTABLE = 3  # the only property bits claimed: OpenFst finds out the others when it needs them
_START = struct.Struct("<i i6s i8s")  # magic, length and name of the FST type, length and name of the arc type
_REST = struct.Struct("<iiQqqq")  # version, flags, properties, start, number of states, number of arcs
_STATES_AT_ONCE = 1 << 20


class Fst(NamedTuple):
    """A transducer of S states and E arcs. `start`: its first state, -1 for the empty transducer (S = 0).

    first_arc: (S + 1,) int64; ilabel, olabel, nextstate: (E,) int32; weight: (E,) float32; final: (S,) float32, +inf where not final.
    """

    start: int
    first_arc: np.ndarray
    ilabel: np.ndarray
    olabel: np.ndarray
    weight: np.ndarray
    nextstate: np.ndarray
    final: np.ndarray

    @classmethod
    def from_arcs(cls, num_states: int, start: int, source, ilabel, olabel, weight, nextstate, final) -> "Fst":
        """From arcs in any order; arcs of one state keep the order given. `source`: (E,) states that the arcs leave."""
        first_arc, order = group_arcs(np.asarray(source, np.int32), num_states)
        labels = [np.asarray(labels, np.int32)[order] for labels in (ilabel, olabel)]
        weight, nextstate = np.asarray(weight, np.float32)[order], np.asarray(nextstate, np.int32)[order]
        return cls(start, first_arc, *labels, weight, nextstate, np.asarray(final, np.float32))

    @classmethod
    def empty(cls, start: int, first_arc: np.ndarray) -> "Fst":
        """With room for the arcs that `first_arc` promises, to be filled in."""
        num_states, num_arcs = len(first_arc) - 1, first_arc[-1]
        ilabel, olabel, nextstate = (np.empty(num_arcs, np.int32) for _ in range(3))
        return cls(start, first_arc, ilabel, olabel, np.empty(num_arcs, np.float32), nextstate, np.empty(num_states, np.float32))

    @classmethod
    def read(cls, path: str | Path) -> "Fst":
        """Read an OpenFst file. Raises DataError for another type of FST, symbol tables inside, a cut file or impossible values."""
        path = Path(path)
        try:
            with open(path, "rb") as file:
                start, num_states = _read_header(path, file)
                words = np.fromfile(file, "<i4")
        except OSError as error:
            raise DataError(path, f"cannot be read: {error.strerror or error}") from error
        fst = _from_body(path, start, num_states, words)
        _check(path, fst)
        return fst

    def write(self, path: str | Path) -> None:
        """Write an OpenFst file; it appears whole or not at all."""
        with atomic_write(path, "wb") as out:
            self.write_to(out)

    def write_to(self, out: IO[bytes]) -> None:
        """Write the bytes of an OpenFst file to an open binary file."""
        out.write(_START.pack(_MAGIC, 6, b"vector", 8, b"standard"))
        out.write(_REST.pack(_VERSION, 0, _EXPANDED_AND_MUTABLE, self.start, self.num_states, self.num_arcs))
        for words in self._body():
            out.write(words.data)

    @property
    def num_states(self) -> int:
        return len(self.final)

    @property
    def num_arcs(self) -> int:
        return len(self.nextstate)

    @property
    def num_bytes(self) -> int:
        """Size of its file."""
        return _START.size + _REST.size + 4 * (STATE_WORDS * self.num_states + ARC_WORDS * self.num_arcs)

    def sources(self) -> np.ndarray:
        """The state that each arc leaves: (E,) int32."""
        return np.repeat(np.arange(self.num_states, dtype=np.int32), np.diff(self.first_arc))

    def sorted_by(self, label: str) -> "Fst":
        """The same transducer with the arcs of each state sorted by "ilabel" or "olabel"; equal labels keep their order."""
        order = np.lexsort((getattr(self, label), self.sources()))
        arcs = (self.ilabel[order], self.olabel[order], self.weight[order], self.nextstate[order])
        return Fst(self.start, self.first_arc, *arcs, self.final)

    def _body(self) -> Iterator[np.ndarray]:
        """The states as they lie in a file, a million at a time so that no second copy of a large graph is held."""
        for begin in range(0, self.num_states, _STATES_AT_ONCE):
            end = min(begin + _STATES_AT_ONCE, self.num_states)
            num_arcs = self.first_arc[end] - self.first_arc[begin]
            words = np.empty(STATE_WORDS * (end - begin) + ARC_WORDS * num_arcs, np.int32)
            pack_states(self, begin, end, words, words.view(np.float32))
            yield words


def _read_header(path: Path, file: IO[bytes]) -> tuple[int, int]:
    """Start state and number of states; the file is left at the first state."""
    head = file.read(_START.size)
    if len(head) < _START.size or head[:4] != struct.pack("<i", _MAGIC):
        raise DataError(path, "is not a binary OpenFst file")
    if head != _START.pack(_MAGIC, 6, b"vector", 8, b"standard"):
        raise DataError(path, "is not a vector FST with standard arcs; convert it: fstconvert --fst_type=vector")
    rest = file.read(_REST.size)
    if len(rest) < _REST.size:
        raise DataError(path, "ends within its header")
    version, flags, _, start, num_states, _ = _REST.unpack(rest)
    if version != _VERSION or flags != 0:
        raise DataError(
            path,
            f"has version {version}, flags {flags} where 2 and 0 are read; take symbol tables out: fstsymbols --clear_isymbols --clear_osymbols",
        )
    if not (0 <= start < num_states or (start, num_states) == (-1, 0)):
        raise DataError(path, f"starts at state {start} of {num_states}")
    return start, num_states


def _from_body(path: Path, start: int, num_states: int, words: np.ndarray) -> Fst:
    first_arc = np.zeros(num_states + 1, np.int64)
    if not scan_states(words, first_arc) or len(words) != STATE_WORDS * num_states + ARC_WORDS * first_arc[-1]:
        raise DataError(path, f"is cut or damaged: its body does not hold the {num_states} states that its header promises")
    fst = Fst.empty(start, first_arc)
    unpack_states(words, words.view(np.float32), fst)
    return fst


def _check(path: Path, fst: Fst) -> None:
    """Decoders index by these numbers without looking."""
    if fst.num_arcs and not (fst.nextstate.min() >= 0 and fst.nextstate.max() < fst.num_states):
        raise DataError(path, f"has an arc to a state outside 0 to {fst.num_states - 1}")
    if fst.num_arcs and min(fst.ilabel.min(), fst.olabel.min()) < 0:
        raise DataError(path, "has a negative label")
    if np.isnan(fst.weight).any() or np.isnan(fst.final).any():
        raise DataError(path, "has a weight that is not a number")
