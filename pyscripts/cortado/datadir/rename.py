"""Copying a data directory, with prefixes and suffixes for its utterances and speakers."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from cortado.datadir.datadir import DataDir
from cortado.datadir.folder import replaced_data_dir
from cortado.datadir.layout import KEYED_BY, RECORDING, SPEAKER, UTTERANCE, tables_in
from cortado.datadir.lines import Lines, read_lines, scan_lines, spk2utt_content
from cortado.datadir.select import copy_unkeyed
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
            utterances = read_lines(source.path / "utt2spk").keys.tolist()
            lines = _fill(f"{_template(affixes.utterance)} %s\n", zip(utterances, utterances, strict=True))
            (folder / "utt2uniq").write_bytes(lines.content)


def _copy_table(source: DataDir, name: str, folder: Path, affixes: Affixes) -> None:
    if name == "spk2utt":
        return  # made with utt2spk
    old = read_lines(source.path / name)
    key = _template(_new_name(KEYED_BY[name], source.has("segments"), affixes))
    value = _template(affixes.speaker) if name == "utt2spk" else "%s"
    lines = _fill(f"{key} {value}\n", zip(old.keys.tolist(), old.value_list(), strict=True))
    (folder / name).write_bytes(lines.content)
    if name == "utt2spk":
        (folder / "spk2utt").write_bytes(spk2utt_content(lines.keys, lines.values))


def _template(new_name: Callable[[str], str]) -> str:
    """The new names with %s in place of the old one: a million lines are made faster by one format than by calls for each."""
    return new_name("\n").replace("%", "%%").replace("\n", "%s")  # no name holds a newline


def _fill(template: str, rows: Iterable[tuple[bytes, bytes]]) -> Lines:
    """Sorted lines from a template for each and its (key, value)."""
    line = template.encode()
    return scan_lines(b"".join([line % row for row in rows])).sorted()


def _new_name(kind: str, has_segments: bool, affixes: Affixes) -> Callable[[str], str]:
    if kind == SPEAKER:
        return affixes.speaker
    if kind == UTTERANCE or (kind == RECORDING and not has_segments):
        return affixes.utterance
    return str
