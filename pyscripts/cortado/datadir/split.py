"""Splitting a data directory into parts of about equal size, for as many jobs."""

import fcntl
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path

import numpy as np

from cortado.datadir.datadir import DataDir
from cortado.datadir.folder import replaced_folder
from cortado.datadir.layout import KEYED_BY, PAIR, files_in
from cortado.datadir.lines import Lines, find, read_lines
from cortado.datadir.select import write_parts
from cortado.errors import DataError
from cortado.files import file_digest

STAMP = ".split_of"


def split(path: str | Path, num_parts: int, per_utt: bool = False) -> Path:
    """Make <path>/split<num_parts>/1 ... and return that folder; `per_utt` names it split<num_parts>utt.

    Utterances of a speaker stay in one part unless `per_utt`. Parts follow one another in the order of speakers (of
    utterances), none is empty, and their numbers of utterances differ as little as that allows. A split that was made
    from files of these same contents is left as it is. Raises DataError when there are too few speakers (utterances).
    """
    folder = Path(path) / f"split{num_parts}{'utt' if per_utt else ''}"
    source = DataDir(path)
    with _locked(source.path / "utt2spk"):
        stamp = _digests(source.path)
        if not ((folder / STAMP).is_file() and (folder / STAMP).read_text(encoding="utf-8") == stamp):
            _write(source, folder, num_parts, per_utt, stamp)
    return folder


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time in: steps that run at once may want the same split."""
    try:
        with open(path, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise DataError(path, f"cannot be opened: {error.strerror}") from None


def _write(source: DataDir, folder: Path, num_parts: int, per_utt: bool, stamp: str) -> None:
    utt2spk = read_lines(source.path / "utt2spk")
    parts = assign_parts(source.path, utt2spk, num_parts, per_utt)
    with replaced_folder(folder) as new:
        folders = [new / str(number) for number in range(1, num_parts + 1)]
        for part in folders:
            part.mkdir()
        write_parts(source, utt2spk, parts, folders)
        (new / STAMP).write_text(stamp, encoding="utf-8")


def assign_parts(path: Path, utt2spk: Lines, num_parts: int, per_utt: bool = False) -> list[np.ndarray]:
    """The utterances of each part, as ascending line numbers of `utt2spk`."""
    owners = utt2spk.keys if per_utt else utt2spk.values
    groups, sizes = np.unique(owners, return_counts=True)
    if not 1 <= num_parts <= len(groups):
        what = "utterances" if per_utt else "speakers, who are not divided unless --per-utt is given"
        raise DataError(path, f"cannot be split into {num_parts}: the largest usable number is {len(groups)}, that of its {what}")
    part_of_group = np.repeat(np.arange(num_parts), np.diff(cut_evenly(sizes.tolist(), num_parts)))
    part_of = part_of_group[find(owners, groups)]
    return [np.flatnonzero(part_of == part) for part in range(num_parts)]


def cut_evenly(sizes: list[int], num_parts: int) -> list[int]:
    """Edges 0 = e0 < e1 < ... = len(sizes) such that the sums of sizes[e_i:e_i+1] are about equal and no part is empty."""
    ends = list(accumulate(sizes, initial=0))
    edges = [0]
    for part in range(1, num_parts):
        ideal = ends[-1] * part / num_parts
        edge = bisect_left(ends, ideal)
        if edge > 0 and ideal - ends[edge - 1] < ends[edge] - ideal:
            edge -= 1
        edges.append(min(max(edge, edges[-1] + 1), len(sizes) - (num_parts - part)))
    return [*edges, len(sizes)]


def _digests(path: Path) -> str:
    """What a split is made of: the contents, not the dates, of the files; so copied or touched files split nothing anew."""
    names = [name for name in files_in(path) if KEYED_BY[name] != PAIR]
    return "".join(f"{name} {file_digest(path / name)}\n" for name in names)
