"""Putting several data directories together into one."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from cortado.datadir.datadir import DataDir
from cortado.datadir.folder import replaced_data_dir, write_rows
from cortado.datadir.layout import KEYED_BY, NOTHING, PAIR
from cortado.datadir.select import write_spk2utt
from cortado.datadir.table import few, read_table
from cortado.datadir.trials import merge_trials, read_trials, write_trials
from cortado.errors import DataError

# Files that a directory without them still has in effect: segments of whole recordings, utterances that are their own originals.
IMPLIED = {"segments": lambda utterance: f"{utterance} 0 -1", "utt2uniq": lambda utterance: utterance}


def combine(sources: Sequence[DataDir], target: str | Path, extra_files: Sequence[str] = ()) -> list[str]:
    """Write the union of `sources` to `target`; returns one sentence for each file that was left out.

    A file is left out where some of the sources lack it (for segments and utt2uniq the missing lines are known), and
    cmvn.scp where a speaker has statistics in several sources. Raises DataError for a key with two different values.
    """
    left_out = []
    with replaced_data_dir(target) as folder:
        for name in [*KEYED_BY, *extra_files]:
            having = [source for source in sources if source.has(name)]
            if not having or name == "spk2utt":
                continue
            if KEYED_BY.get(name) == PAIR:
                _combine_trials(having, folder)
            elif KEYED_BY.get(name) == NOTHING:
                left_out += _keep_if_equal(name, sources, folder)
            elif len(having) < len(sources) and name not in IMPLIED:
                lacking = [str(source.path) for source in sources if source not in having]
                left_out.append(f"{name} is left out: {few(lacking)} has none")
            elif name == "cmvn.scp" and (shared := _shared_speakers(sources)):
                left_out.append(f"{name} is left out, since each part has its own for {few(shared)}: compute it again")
            else:
                _combine_file(name, sources, folder)
    return left_out


def _keep_if_equal(name: str, sources: Sequence[DataDir], folder: Path) -> list[str]:
    contents = {(source.path / name).read_bytes() if source.has(name) else None for source in sources}
    if len(contents) > 1:
        return [f"{name} is left out, since the parts differ in it"]
    shutil.copyfile(sources[0].path / name, folder / name)
    return []


def _combine_file(name: str, sources: Sequence[DataDir], folder: Path) -> None:
    union: dict[str, str] = {}
    for source in sources:
        rows = _rows(source, name)
        for key in union.keys() & rows.keys():
            if union[key] != rows[key]:
                others = [other.path for other in sources if _rows(other, name).get(key) == union[key]]
                raise DataError(source.path / name, f"{key} has the value '{rows[key]}', but '{union[key]}' in {others[0] / name}")
        union.update(rows)
    write_rows(folder / name, union)
    if name == "utt2spk":
        write_spk2utt(folder / "spk2utt", union)


def _rows(source: DataDir, name: str) -> dict[str, str]:
    if source.has(name):
        return read_table(source.path / name)
    return {utterance: IMPLIED[name](utterance) for utterance in source.utt2spk}


def _combine_trials(sources: Sequence[DataDir], folder: Path) -> None:
    paths = [source.path / "trials" for source in sources]
    write_trials(folder / "trials", merge_trials({path: read_trials(path) for path in paths}))


def _shared_speakers(sources: Sequence[DataDir]) -> list[str]:
    seen: set[str] = set()
    shared: set[str] = set()
    for source in sources:
        speakers = set(source.utt2spk.values())
        shared |= seen & speakers
        seen |= speakers
    return sorted(shared)
