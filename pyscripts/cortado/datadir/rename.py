"""Copying a data directory, with prefixes and suffixes for its utterances and speakers."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from cortado.datadir.datadir import DataDir
from cortado.datadir.folder import replaced_data_dir, write_rows
from cortado.datadir.layout import KEYED_BY, RECORDING, SPEAKER, UTTERANCE, tables_in
from cortado.datadir.select import copy_unkeyed, write_spk2utt
from cortado.datadir.table import read_table
from cortado.datadir.trials import read_trials, write_trials
from cortado.errors import CortadoError


class Affixes(NamedTuple):
    """What is put before and behind each name."""

    utt_prefix: str = ""
    utt_suffix: str = ""
    spk_prefix: str = ""
    spk_suffix: str = ""

    def utterance(self, name: str) -> str:
        """The new name of an utterance."""
        return f"{self.utt_prefix}{name}{self.utt_suffix}"

    def speaker(self, name: str) -> str:
        """The new name of a speaker."""
        return f"{self.spk_prefix}{name}{self.spk_suffix}"


def copy(source: DataDir, target: str | Path, affixes: Affixes) -> None:
    """Copy `source` to `target`, renaming utterances and speakers in every file; a recording is renamed where it is an utterance.

    When utterances are renamed, utt2uniq maps the new names to those the data had at first, so that copies can be told apart from
    originals later. Raises CortadoError when `target` is `source`.
    """
    for affix, value in affixes._asdict().items():
        if any(character.isspace() for character in value):
            raise CortadoError(f"--{affix.replace('_', '-')} '{value}' contains a blank")
    if Path(target).exists() and Path(target).samefile(source.path):
        raise CortadoError(f"{target}: source and destination are the same directory")
    with replaced_data_dir(target) as folder:
        for name in tables_in(source.path):
            _copy_table(source, name, folder, affixes)
        if source.has("trials"):
            write_trials(folder / "trials", read_trials(source.path / "trials").renamed(affixes.utterance))
        copy_unkeyed(source, folder)
        if affixes.utterance("") and not source.has("utt2uniq"):
            write_rows(folder / "utt2uniq", {affixes.utterance(utterance): utterance for utterance in source.utt2spk})


def _copy_table(source: DataDir, name: str, folder: Path, affixes: Affixes) -> None:
    if name == "utt2spk":
        utt2spk = {affixes.utterance(utterance): affixes.speaker(speaker) for utterance, speaker in source.utt2spk.items()}
        write_rows(folder / name, utt2spk)
        write_spk2utt(folder / "spk2utt", utt2spk)
    elif name != "spk2utt":
        new_name = _new_name(KEYED_BY[name], source.has("segments"), affixes)
        write_rows(folder / name, {new_name(key): value for key, value in read_table(source.path / name).items()})


def _new_name(kind: str, has_segments: bool, affixes: Affixes) -> Callable[[str], str]:
    if kind == SPEAKER:
        return affixes.speaker
    if kind == UTTERANCE or (kind == RECORDING and not has_segments):
        return affixes.utterance
    return str
