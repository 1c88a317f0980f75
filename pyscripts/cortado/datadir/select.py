"""Parts of a data directory: every file cut down to the utterances wanted, their speakers and their recordings."""

import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from cortado.datadir.datadir import DataDir, utt2spk_to_spk2utt
from cortado.datadir.folder import write_rows
from cortado.datadir.layout import KEYED_BY, NOTHING, RECORDING, SPEAKER, UTTERANCE, files_in, tables_in
from cortado.datadir.table import read_table
from cortado.datadir.trials import read_trials, write_trials
from cortado.errors import DataError

Owners = dict[str, tuple[int, ...]]  # key -> the parts that hold it


def write_subset(source: DataDir, utterances: Collection[str], folder: Path) -> None:
    """Write what `source` knows about `utterances` into `folder`; trials stay when both their utterances do."""
    write_parts(source, dict.fromkeys(utterances, 0), [folder])
    if source.has("trials"):
        kept = set(utterances)
        trials = read_trials(source.path / "trials").select(lambda enrol, test: enrol in kept and test in kept)
        if trials.enrol:
            write_trials(folder / "trials", trials)


def write_parts(source: DataDir, part_of: Mapping[str, int], folders: Sequence[Path]) -> None:
    """Write each utterance of `part_of` into the folder of its part, with its speaker and its recording.

    Speakers and recordings of several parts are written to each. Trials are left out: they join utterances of different parts.
    """
    owners = _owners(source, part_of)
    for name in tables_in(source.path):
        if name == "spk2utt":
            continue
        parts: list[dict[str, str]] = [{} for _ in folders]
        owners_of = owners[KEYED_BY[name]]
        for key, value in read_table(source.path / name).items():
            for part in owners_of.get(key, ()):
                parts[part][key] = value
        for folder, rows in zip(folders, parts, strict=True):
            if rows:
                write_rows(folder / name, rows)
            if name == "utt2spk":
                write_spk2utt(folder / "spk2utt", rows)
    for folder in folders:
        copy_unkeyed(source, folder)


def copy_unkeyed(source: DataDir, folder: Path) -> None:
    """Copy the files that hold for the whole directory."""
    for name in files_in(source.path):
        if KEYED_BY[name] == NOTHING:
            shutil.copyfile(source.path / name, folder / name)


def write_spk2utt(path: Path, utt2spk: Mapping[str, str]) -> None:
    """Write the inverse of `utt2spk`."""
    write_rows(path, {speaker: " ".join(utterances) for speaker, utterances in utt2spk_to_spk2utt(utt2spk).items()})


def recording_of(source: DataDir) -> dict[str, str]:
    """Utterance -> recording: of segments, or, without them, itself. Utterances that segments lacks raise DataError."""
    if not source.has("segments"):
        return {utterance: utterance for utterance in source.utt2spk}
    recordings = {utterance: value.split(maxsplit=1)[0] for utterance, value in read_table(source.path / "segments").items()}
    for utterance in source.utt2spk:
        if utterance not in recordings:
            raise DataError(source.path / "segments", f"has no utterance {utterance}; fix_data_dir.sh drops such utterances")
    return recordings


def _owners(source: DataDir, part_of: Mapping[str, int]) -> dict[str, Owners]:
    single = [(part,) for part in range(max(part_of.values()) + 1)]
    utterances = {utterance: single[part] for utterance, part in part_of.items()}
    recordings = _group_owners(utterances, recording_of(source)) if source.has("segments") else utterances
    return {UTTERANCE: utterances, SPEAKER: _group_owners(utterances, source.utt2spk), RECORDING: recordings}


def _group_owners(utterances: Owners, group_of: Mapping[str, str]) -> Owners:
    owners: Owners = {}
    for utterance, part in utterances.items():
        group = group_of[utterance]
        known = owners.get(group, ())
        if part[0] not in known:
            owners[group] = known + part
    return owners
