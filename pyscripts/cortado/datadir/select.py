"""Parts of a data directory: every file cut down to the utterances wanted, their speakers and their recordings."""

import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from cortado.datadir.datadir import DataDir
from cortado.datadir.layout import KEYED_BY, NOTHING, RECORDING, SPEAKER, UTTERANCE, files_in, tables_in
from cortado.datadir.lines import Lines, encode, find, read_lines, spk2utt_content
from cortado.datadir.trials import read_trials, write_trials
from cortado.errors import DataError


def write_subset(source: DataDir, utterances: Collection[str], folder: Path) -> None:
    """Write what `source` knows about `utterances` into `folder`; trials stay when both their utterances do."""
    utt2spk = read_lines(source.path / "utt2spk")
    write_parts(source, utt2spk, [np.unique(find(encode(utterances), utt2spk.keys))], [folder])
    if source.has("trials"):
        kept = set(utterances)
        trials = read_trials(source.path / "trials").select(lambda enrol, test: enrol in kept and test in kept)
        if trials.enrol:
            write_trials(folder / "trials", trials)


def write_parts(source: DataDir, utt2spk: Lines, parts: Sequence[np.ndarray], folders: Sequence[Path]) -> None:
    """Write the utterances of each part, ascending line numbers of `utt2spk`, into its folder, with their speakers and recordings.

    Speakers and recordings of several parts are written to each. Trials are left out: they join utterances of different parts.
    """
    speakers = utt2spk.values
    owners = {UTTERANCE: utt2spk.keys, SPEAKER: speakers, RECORDING: _recordings(source, utt2spk.keys)}
    for name in tables_in(source.path):
        if name == "spk2utt":
            continue
        lines = utt2spk if name == "utt2spk" else read_lines(source.path / name)
        line_of = find(owners[KEYED_BY[name]], lines.keys)
        for part, folder in zip(parts, folders, strict=True):
            wanted = np.unique(line_of[part])
            if content := lines.take(wanted[wanted >= 0]).content:
                (folder / name).write_bytes(content)
    for part, folder in zip(parts, folders, strict=True):
        (folder / "spk2utt").write_bytes(spk2utt_content(utt2spk.keys[part], speakers[part]))
        copy_unkeyed(source, folder)


def copy_unkeyed(source: DataDir, folder: Path) -> None:
    """Copy the files that hold for the whole directory."""
    for name in files_in(source.path):
        if KEYED_BY[name] == NOTHING:
            shutil.copyfile(source.path / name, folder / name)


def _recordings(source: DataDir, utterances: np.ndarray) -> np.ndarray:
    """The recording of each utterance: of segments, or, without them, itself. Utterances that segments lacks raise DataError."""
    if not source.has("segments"):
        return utterances
    segments = read_lines(source.path / "segments")
    line_of = find(utterances, segments.keys)
    if (line_of < 0).any():
        missing = utterances[line_of.argmin()].decode()
        raise DataError(source.path / "segments", f"has no utterance {missing}; fix_data_dir.sh drops such utterances")
    recordings = np.array([value.split(maxsplit=1)[0] for value in segments.value_list()], dtype=bytes)
    return recordings[line_of]
