"""Archives of lattices as Kaldi's tools write them: `lat.N.gz`, compact lattices in OpenFst's binary form or in text.

A compact lattice is an acceptor of words with weights (graph cost, acoustic cost, transition ids). Where a Lattice has arcs without words
to its end, Kaldi has final weights. What is read may also be a state-level lattice (`lattice4`: transition ids as input labels).
"""

import gzip
import re
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cortado.ark.stream import open_stream
from cortado.datadir.table import read_text
from cortado.decode.lattice import Lattice
from cortado.errors import CortadoError, DataError
from cortado.files import atomic_write

_KEY = re.compile(rb"(\S+)(?: |\t)?(\n?)")  # a line break behind it: text
_MAGIC = struct.pack("<i", 2125659606)
_COMPACT, _STATE_LEVEL = b"compactlattice44", b"lattice4"
_HEADER = struct.Struct("<iiQqqq")  # version, flags, properties, start, number of states, number of arcs
_VERSION, _EXPANDED_AND_MUTABLE = 2, 3
_COSTS, _INT, _LONG = struct.Struct("<ff"), struct.Struct("<i"), struct.Struct("<q")


class _Arc(NamedTuple):
    """target -1: a final weight."""

    source: int
    target: int
    word: int
    graph_cost: float
    acoustic_cost: float
    tids: tuple[int, ...]


def read_lattices(path: str | Path) -> Iterator[tuple[str, Lattice]]:
    """(utterance, lattice) of an archive, gzipped or not, binary or text. Raises DataError naming the utterance where it is damaged."""
    with open_stream(str(path)) as stream:
        data = stream.rest()
    position = 0
    while position < len(data):
        key = _KEY.match(data, position)
        if not key:
            raise DataError(path, f"byte {position}: no lattice begins here")
        utterance = key[1].decode(errors="replace")
        try:
            arcs, start, position = (_parse_text if key[2] else _parse_binary)(data, key.end())
            lattice = _lattice(arcs, start)
        except (CortadoError, ValueError, struct.error) as error:
            raise DataError(path, f"utterance {utterance}: cannot be read: {error}") from None
        yield utterance, lattice


def read_lattice_folder(folder: str | Path) -> Iterator[tuple[str, Lattice]]:
    """The lattices of lat.1.gz, lat.2.gz, ... of a decoding, as many parts as its num_jobs says.

    Raises DataError for a folder without them, a part that is missing, and an utterance in two parts.
    """
    part_of: dict[str, Path] = {}
    for job in range(1, _read_num_jobs(Path(folder, "num_jobs")) + 1):
        path = Path(folder, f"lat.{job}.gz")
        for utterance, lattice in read_lattices(path):
            if utterance in part_of:
                raise DataError(path, f"utterance {utterance} is in {part_of[utterance]} already")
            part_of[utterance] = path
            yield utterance, lattice


def _read_num_jobs(path: Path) -> int:
    try:
        return int(read_text(path))
    except ValueError:
        raise DataError(path, "expected one number, that of the parts") from None


def write_lattices(path: str | Path, lattices: Iterable[tuple[str, Lattice]], text: bool = False) -> None:
    """Write compact lattices, gzipped where the name ends in .gz; the same lattices give the same bytes."""
    with atomic_write(path, "wb") as file:
        zipped = gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) if str(path).endswith(".gz") else None
        out = zipped or file
        for utterance, lattice in lattices:
            out.write(f"{utterance} \n{_format_text(lattice)}\n".encode() if text else f"{utterance} ".encode() + _format_binary(lattice))
        if zipped:
            zipped.close()


def _lattice(arcs: list[_Arc], start: int) -> Lattice:
    """States numbered with the start first and an end, which all final weights lead to, behind all."""
    num_states = 1 + max(max(arc.source, arc.target) for arc in arcs) if arcs else 0
    if not arcs or min(arc.source for arc in arcs) < 0 or min(arc.target for arc in arcs) < -1:
        raise ValueError("it has no states, or an arc from or to a negative one")
    arcs.sort(key=lambda arc: arc.target >= 0)  # final weights first, as in a binary file, also where they came last
    number = {start: 0, 0: start, -1: num_states}
    columns = list(zip(*arcs, strict=True))
    source, target = ([number.get(state, state) for state in column] for column in columns[:2])
    lengths, tids = [len(span) for span in columns[5]], [tid for span in columns[5] for tid in span]
    return Lattice.from_arcs(num_states + 1, source, target, *columns[2:5], lengths, tids)


def _parse_binary(data: bytes, position: int) -> tuple[list[_Arc], int, int]:
    """(arcs, start state, where the lattice ends)."""
    kind, position = _parse_kind(data, position)
    version, flags, _, start, num_states, _ = _HEADER.unpack_from(data, position)
    position += _HEADER.size
    if version != _VERSION or flags != 0:
        raise ValueError(f"its FST has version {version}, flags {flags} where 2 and 0 are read")
    arcs: list[_Arc] = []
    for state in range(num_states):
        costs, tids, position = _parse_weight(data, position, kind == _COMPACT)
        if costs[0] < np.inf:
            arcs.append(_Arc(state, -1, 0, *costs, tids))
        (num_arcs,) = _LONG.unpack_from(data, position)
        position += _LONG.size
        for _ in range(num_arcs):
            (ilabel,), (word,) = _INT.unpack_from(data, position), _INT.unpack_from(data, position + 4)
            costs, tids, position = _parse_weight(data, position + 8, kind == _COMPACT)
            (target,) = _INT.unpack_from(data, position)
            position += _INT.size
            if kind == _STATE_LEVEL:
                tids = (ilabel,) if ilabel else ()
            arcs.append(_Arc(state, target, word, *costs, tids))
    return arcs, start, position


def _parse_kind(data: bytes, position: int) -> tuple[bytes, int]:
    """(type of the arcs, where the rest of the header begins)."""
    for kind in (_COMPACT, _STATE_LEVEL):
        head = _head(kind)
        if data.startswith(head, position):
            return kind, position + len(head)
    raise ValueError("it is no vector FST of compactlattice44 or lattice4 arcs")


def _head(kind: bytes) -> bytes:
    return _MAGIC + _INT.pack(6) + b"vector" + _INT.pack(len(kind)) + kind


def _parse_weight(data: bytes, position: int, is_compact: bool) -> tuple[tuple[float, float], tuple[int, ...], int]:
    costs = _COSTS.unpack_from(data, position)
    position += _COSTS.size
    if not is_compact:
        return costs, (), position
    (length,) = _INT.unpack_from(data, position)
    if length < 0:
        raise ValueError(f"byte {position}: a weight has {length} transition ids")
    tids = struct.unpack_from(f"<{length}i", data, position + 4)
    return costs, tids, position + 4 + 4 * length


def _parse_text(data: bytes, position: int) -> tuple[list[_Arc], int, int]:
    """As _parse_binary, of lines 'source target word weight' and 'source weight' up to an empty one; the first source is the start."""
    end = data.find(b"\n\n", position)
    end = len(data) if end < 0 else end
    arcs = []
    for line in data[position:end].decode().splitlines():
        fields = line.split()
        if len(fields) in (1, 2):
            arcs.append(_Arc(int(fields[0]), -1, 0, *_parse_text_weight(fields[1:])))
        elif len(fields) in (3, 4):
            arcs.append(_Arc(*map(int, fields[:3]), *_parse_text_weight(fields[3:])))
        else:
            raise ValueError(f"expected 'source target word weight', found '{line}'")
    return arcs, arcs[0].source if arcs else 0, end + 2


def _parse_text_weight(fields: list[str]) -> tuple[float, float, tuple[int, ...]]:
    """'graph,acoustic,1_2_3'; nothing stands for no cost."""
    graph_cost, acoustic_cost, tids = (fields or ["0,0,"])[0].split(",")
    return float(graph_cost), float(acoustic_cost), tuple(map(int, tids.split("_"))) if tids else ()


def _arcs_by_state(lattice: Lattice) -> list[tuple[_Arc, list[_Arc]]]:
    """(final weight, arcs) of each state; the end itself is a state only where arcs with words, or several of one state, lead to it."""
    end = lattice.num_states - 1
    bounds = zip(lattice.first_tid[:-1].tolist(), lattice.first_tid[1:].tolist(), strict=True)
    tids = [tuple(lattice.tids[begin:stop].tolist()) for begin, stop in bounds]
    columns = (lattice.source, lattice.target, lattice.word, lattice.graph_cost, lattice.acoustic_cost)
    arcs = [_Arc(*values, span) for *values, span in zip(*(column.tolist() for column in columns), tids, strict=True)]
    states: list[tuple[_Arc, list[_Arc]]] = []
    for state in range(end):
        leaving = arcs[lattice.first_arc[state] : lattice.first_arc[state + 1]]
        final = [arc for arc in leaving if arc.target == end and not arc.word]
        if len(final) == 1:
            states.append((final[0], [arc for arc in leaving if arc is not final[0]]))
        else:
            states.append((_NOT_FINAL, leaving))
    if any(arc.target == end for _, leaving in states for arc in leaving):
        states.append((_Arc(end, -1, 0, 0.0, 0.0, ()), []))
    return states


_NOT_FINAL = _Arc(-1, -1, 0, np.inf, np.inf, ())


def _format_binary(lattice: Lattice) -> bytes:
    states = _arcs_by_state(lattice)
    num_arcs = sum(len(arcs) for _, arcs in states)
    parts = [_head(_COMPACT), _HEADER.pack(_VERSION, 0, _EXPANDED_AND_MUTABLE, 0, len(states), num_arcs)]
    for final, arcs in states:
        parts += [_format_weight(final), _LONG.pack(len(arcs))]
        for arc in arcs:
            parts += [_INT.pack(arc.word), _INT.pack(arc.word), _format_weight(arc), _INT.pack(arc.target)]
    return b"".join(parts)


def _format_weight(arc: _Arc) -> bytes:
    return _COSTS.pack(arc.graph_cost, arc.acoustic_cost) + struct.pack(f"<{1 + len(arc.tids)}i", len(arc.tids), *arc.tids)


def _format_text(lattice: Lattice) -> str:
    lines = []
    for state, (final, arcs) in enumerate(_arcs_by_state(lattice)):
        lines += [f"{state}\t{arc.target}\t{arc.word}\t{_format_text_weight(arc)}\n" for arc in arcs]
        if final.graph_cost < np.inf:
            lines.append(f"{state}\t{_format_text_weight(final)}\n")
    return "".join(lines)


def _format_text_weight(arc: _Arc) -> str:
    costs = (str(np.float32(cost)) for cost in (arc.graph_cost, arc.acoustic_cost))
    return ",".join([*costs, "_".join(map(str, arc.tids))])
