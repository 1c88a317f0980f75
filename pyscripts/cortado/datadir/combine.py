"""Putting several data directories together into one."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from cortado.datadir.datadir import DataDir
from cortado.datadir.folder import replaced_data_dir
from cortado.datadir.layout import KEYED_BY, NOTHING, PAIR
from cortado.datadir.lines import Lines, make_lines, merge_lines, read_lines, spk2utt_content
from cortado.datadir.table import few
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
    parts = [_lines(source, name) for source in sources]
    union = merge_lines(parts)
    if not union.is_sorted:
        _refuse_contradiction(name, sources, parts, union)
    (folder / name).write_bytes(union.content)
    if name == "utt2spk":
        (folder / "spk2utt").write_bytes(spk2utt_content(union.keys, union.values))


def _lines(source: DataDir, name: str) -> Lines:
    if source.has(name):
        return read_lines(source.path / name)
    return make_lines((utterance, IMPLIED[name](utterance)) for utterance in source.utterances)


def _refuse_contradiction(name: str, sources: Sequence[DataDir], parts: Sequence[Lines], union: Lines) -> NoReturn:
    """Raise DataError for the first key that has two different values."""
    key = union.keys[:-1][union.keys[:-1] == union.keys[1:]][0].decode()
    values = {source.path: value for source, part in zip(sources, parts, strict=True) for k, value in part.items() if k == key}
    first, *others = values
    other = next(path for path in others if values[path] != values[first])
    raise DataError(other / name, f"{key} has the value '{values[other]}', but '{values[first]}' in {first / name}")


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
