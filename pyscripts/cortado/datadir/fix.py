"""Mending a data directory: sorted, consistent files, holding the utterances that every file knows."""

import filecmp
import shutil
from collections.abc import Collection, Sequence
from itertools import count
from pathlib import Path

import numpy as np

from cortado.datadir.datadir import parse_segment, spk2utt_to_utt2spk
from cortado.datadir.folder import place_tables, replaced_folder, staging_folder
from cortado.datadir.layout import DERIVED, KEYED_BY, RECORDING, SPEAKER, UTTERANCE, tables_in
from cortado.datadir.lines import Lines, decode, encode, find, make_lines, scan_lines, spk2utt_content
from cortado.datadir.salvage import salvage
from cortado.datadir.table import few
from cortado.datadir.trials import read_trials, write_trials
from cortado.datadir.validate import is_too_long, read_durations
from cortado.errors import DataError

BACKUP = ".backup"


def fix(path: str | Path, utt_extra_files: Sequence[str] = (), spk_extra_files: Sequence[str] = ()) -> list[str]:
    """Make the data directory `path` valid; returns what was done, a sentence each: none for a directory that was valid.

    Lines that cannot be read are dropped, and then every utterance that some file does not know, but for the files of
    layout.DERIVED: they are removed when they have become incomplete. The extra files lose the lines of dropped
    utterances (speakers), and drop none themselves; they may be missing. Every file that changes is first copied to
    <path>/.backup; an older .backup is kept as .backup.1 and so on. Raises DataError, and changes nothing, when no utterance would be left.
    """
    path = Path(path)
    if not path.is_dir():
        raise DataError(path, "no such data directory")
    with staging_folder(path.absolute() / "fixed") as staging:
        mender = _Mender(path, staging)
        mender.choose_utterances()
        mender.write_changed(utt_extra_files, spk_extra_files)
        changed = sorted({file.name for file in staging.iterdir()} | mender.removed)
        if changed:
            _back_up(path, changed)
            place_tables(staging, path, mender.removed)
            mender.report.append(f"{path}: {few(changed, len(changed))} changed; the old files are in {path / BACKUP}")
    return mender.report


class _Mender:
    """Reads the files one after the other, keeping only names, and a second time to write those that change to `staging`.

    A file that had to be mended is in `staging` from its first reading on.
    """

    def __init__(self, path: Path, staging: Path):
        self.path, self.staging = path, staging
        self.report: list[str] = []
        self.removed: set[str] = set()
        self.num_lines: dict[str, int] = {}
        self.utt2spk = self.read_utt2spk()
        self.is_kept = np.ones(len(self.utt2spk), bool)
        utterances, speakers = self.utt2spk.keys, self.utt2spk.values
        self.owners = {UTTERANCE: utterances, SPEAKER: speakers, RECORDING: utterances}  # of each utterance
        self.known = {UTTERANCE: utterances, SPEAKER: np.unique(speakers), RECORDING: utterances}

    def read_utt2spk(self) -> Lines:
        if (self.path / "utt2spk").is_file():
            return self.salvaged("utt2spk")
        if not (self.path / "spk2utt").is_file():
            raise DataError(self.path, "has neither utt2spk nor spk2utt")
        self.report.append(f"{self.path}/utt2spk was missing and is made from spk2utt")
        try:
            utt2spk = spk2utt_to_utt2spk(dict(self.salvaged("spk2utt").items()))
        except ValueError as error:
            raise DataError(self.path / "spk2utt", str(error)) from None
        return make_lines(utt2spk.items())

    def salvaged(self, name: str) -> Lines:
        table = salvage(self.path / name)
        self.report += table.report
        self.num_lines[name] = len(table.lines)
        if not table.is_whole:
            (self.staging / name).write_bytes(table.lines.content)
        return table.lines

    def choose_utterances(self) -> None:
        """Find the utterances that every file knows."""
        for name in tables_in(self.path):
            if name in ("utt2spk", "spk2utt"):
                continue
            lines = self.salvaged(name)
            if name == "segments":
                self.learn_segments(lines)
            self.keep_known_to(name, lines.keys)
        if not self.is_kept.any():
            raise DataError(self.path, "no utterance would be left, so nothing was changed: " + "; ".join(self.report))

    def learn_segments(self, lines: Lines) -> None:
        durations = read_durations(self.path)
        segments = {utterance: parse_segment(value) for utterance, value in lines.items()}
        utterances = decode(self.utt2spk.keys)
        recordings = [segments[utterance].recording if utterance in segments else utterance for utterance in utterances]
        self.owners[RECORDING] = encode(recordings)
        self.known[RECORDING] = np.unique(encode(segment.recording for segment in segments.values()))
        too_long = [utterance in segments and is_too_long(segments[utterance], durations) for utterance in utterances]
        self.drop(np.array(too_long), "that end after their recording does")

    def keep_known_to(self, name: str, keys: np.ndarray) -> None:
        """Drop the utterances that themselves, their speaker or their recording have no line in the file `name`."""
        kind = KEYED_BY[name]
        unknown = keys[find(keys, self.known[kind]) < 0]
        if len(unknown):
            self.report.append(f"{self.path}/{name}: dropped {len(unknown)} lines, of a {kind} that is not in use: {few(decode(unknown))}")
        if name not in DERIVED:
            why = f"without a line in {name}" if kind == UTTERANCE else f"whose {kind} has no line in {name}"
            self.drop(find(self.owners[kind], keys) < 0, why)

    def drop(self, lost: np.ndarray, why: str) -> None:
        names = self.utt2spk.keys[lost & self.is_kept]
        if len(names):
            self.report.append(f"{self.path}: dropped {len(names)} utterances {why}: {few(decode(names))}")
            self.is_kept &= ~lost

    def write_changed(self, utt_extra_files: Sequence[str], spk_extra_files: Sequence[str]) -> None:
        """Leave in `staging` the files that change, as they shall be, and find those to be removed."""
        names = {kind: np.unique(owners[self.is_kept]) for kind, owners in self.owners.items()}
        self.write_content("utt2spk", self.utt2spk.take(self.is_kept).content)
        self.write_content("spk2utt", spk2utt_content(names[UTTERANCE], self.owners[SPEAKER][self.is_kept]))
        kinds = {name: KEYED_BY[name] for name in tables_in(self.path) if name not in ("utt2spk", "spk2utt")}
        for name, kind in (dict.fromkeys(utt_extra_files, UTTERANCE) | dict.fromkeys(spk_extra_files, SPEAKER)).items():
            if name not in kinds and (self.path / name).is_file():
                self.salvaged(name)
                kinds[name] = kind
        for name, kind in kinds.items():
            self.write_filtered(name, names[kind])
        if (self.path / "trials").is_file():
            self.write_trials(names[UTTERANCE])

    def write_filtered(self, name: str, keep: np.ndarray) -> None:
        mended = self.staging / name
        if not mended.is_file() and name not in DERIVED and self.num_lines[name] == len(keep):
            return  # it holds all of `keep`, and no more
        lines = scan_lines((mended if mended.is_file() else self.path / name).read_bytes())
        wanted = find(lines.keys, keep) >= 0
        missing = len(keep) - int(wanted.sum())
        if name in DERIVED and missing:
            self.report.append(
                f"{self.path}/{name}: removed, since it lacks {missing} of {len(keep)} lines; {DERIVED[name]} makes it again"
            )
            self.removed.add(name)
            mended.unlink(missing_ok=True)
        else:
            self.write_content(name, lines.take(wanted).content)

    def write_content(self, name: str, content: bytes) -> None:
        (self.staging / name).write_bytes(content)
        self.forget_unchanged(name)

    def forget_unchanged(self, name: str) -> None:
        old, new = self.path / name, self.staging / name
        if old.is_file() and filecmp.cmp(old, new, shallow=False):
            new.unlink()

    def write_trials(self, utterances: np.ndarray) -> None:
        """The trials whose utterances are both left."""
        old = self.path / "trials"
        trials, known = read_trials(old), set(decode(utterances))
        kept = trials.select(lambda enrol, test: enrol in known and test in known)
        if len(kept.enrol) < len(trials.enrol):
            self.report.append(f"{old}: dropped {len(trials.enrol) - len(kept.enrol)} of {len(trials.enrol)} trials, of dropped utterances")
        if not kept.enrol:
            self.removed.add("trials")
            return
        write_trials(self.staging / "trials", kept)
        self.forget_unchanged("trials")


def _back_up(path: Path, names: Collection[str]) -> None:
    """Copy files to a new .backup, moving an older one to the next free .backup.N."""
    backup = path / BACKUP
    if backup.exists():
        number = next(number for number in count(1) if not (path / f"{BACKUP}.{number}").exists())
        backup.rename(path / f"{BACKUP}.{number}")
    with replaced_folder(backup) as folder:
        for name in names:
            if (path / name).is_file():
                shutil.copy2(path / name, folder / name)
