"""Splitting a data directory into parts of about equal size, for as many jobs."""

import fcntl
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate, pairwise
from pathlib import Path

from cortado.datadir.datadir import DataDir
from cortado.datadir.folder import replaced_folder
from cortado.datadir.layout import KEYED_BY, PAIR, files_in
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
    part_of = assign_parts(source, num_parts, per_utt)
    with replaced_folder(folder) as new:
        parts = [new / str(number) for number in range(1, num_parts + 1)]
        for part in parts:
            part.mkdir()
        write_parts(source, part_of, parts)
        (new / STAMP).write_text(stamp, encoding="utf-8")


def assign_parts(source: DataDir, num_parts: int, per_utt: bool = False) -> dict[str, int]:
    """Utterance -> part, counted from 0."""
    groups = [[utterance] for utterance in source.utterances] if per_utt else list(source.spk2utt.values())
    if not 1 <= num_parts <= len(groups):
        what = "utterances" if per_utt else "speakers, who are not divided unless --per-utt is given"
        raise DataError(source.path, f"cannot be split into {num_parts}: the largest usable number is {len(groups)}, that of its {what}")
    part_of: dict[str, int] = {}
    edges = cut_evenly([len(group) for group in groups], num_parts)
    for part, (start, stop) in enumerate(pairwise(edges)):
        for group in groups[start:stop]:
            part_of.update(dict.fromkeys(group, part))
    return part_of


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
