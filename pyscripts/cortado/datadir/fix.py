"""Mending a data directory: sorted, consistent files, holding the utterances that every file knows."""

import shutil
from collections.abc import Collection, Mapping, Sequence, Set
from itertools import count
from pathlib import Path

from cortado.datadir.datadir import parse_segment, spk2utt_to_utt2spk, utt2spk_to_spk2utt
from cortado.datadir.folder import place_tables, replaced_folder, staging_folder
from cortado.datadir.layout import DERIVED, KEYED_BY, RECORDING, SPEAKER, UTTERANCE, tables_in
from cortado.datadir.salvage import filtered_content, salvage
from cortado.datadir.table import few, sorted_lines
from cortado.datadir.trials import read_trials, write_trials
from cortado.datadir.validate import is_too_long, read_durations
from cortado.errors import DataError
from cortado.files import file_digest

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
    mender = _Mender(path)
    mender.choose_utterances()
    with staging_folder(path.absolute() / "fixed") as staging:
        mender.write_changed(staging, utt_extra_files, spk_extra_files)
        changed = sorted({file.name for file in staging.iterdir()} | mender.removed)
        if changed:
            _back_up(path, changed)
            place_tables(staging, path, mender.removed)
            mender.report.append(f"{path}: {few(changed, len(changed))} changed; the old files are in {path / BACKUP}")
    return mender.report


class _Mender:
    """Reads the files one after the other, keeping only names, and a second time to write those that change."""

    def __init__(self, path: Path):
        self.path = path
        self.report: list[str] = []
        self.removed: set[str] = set()
        self.is_canonical: dict[str, bool] = {}
        self.num_rows: dict[str, int] = {}
        self.recordings: dict[str, str] = {}  # of segments
        self.utt2spk = self.read_utt2spk()
        utterances = frozenset(self.utt2spk)
        self.known: dict[str, Set[str]] = {UTTERANCE: utterances, SPEAKER: set(self.utt2spk.values()), RECORDING: utterances}

    def read_utt2spk(self) -> dict[str, str]:
        if (self.path / "utt2spk").is_file():
            return self.salvaged("utt2spk")
        if not (self.path / "spk2utt").is_file():
            raise DataError(self.path, "has neither utt2spk nor spk2utt")
        self.report.append(f"{self.path}/utt2spk was missing and is made from spk2utt")
        try:
            return spk2utt_to_utt2spk(self.salvaged("spk2utt"))
        except ValueError as error:
            raise DataError(self.path / "spk2utt", str(error)) from None

    def salvaged(self, name: str) -> dict[str, str]:
        table = salvage(self.path / name)
        self.report += table.report
        self.is_canonical[name] = table.is_canonical
        self.num_rows[name] = len(table.rows)
        return table.rows

    def choose_utterances(self) -> None:
        """Leave in utt2spk the utterances that every file knows."""
        for name in tables_in(self.path):
            if name in ("utt2spk", "spk2utt"):
                continue
            rows = self.salvaged(name)
            if name == "segments":
                self.learn_segments(rows)
            self.keep_known_to(name, rows)
        if not self.utt2spk:
            raise DataError(self.path, "no utterance would be left, so nothing was changed: " + "; ".join(self.report))

    def learn_segments(self, rows: Mapping[str, str]) -> None:
        durations = read_durations(self.path)
        too_long = set()
        for utterance, value in rows.items():
            segment = parse_segment(value)
            self.recordings[utterance] = segment.recording
            if is_too_long(segment, durations):
                too_long.add(utterance)
        self.known[RECORDING] = set(self.recordings.values())
        self.drop(too_long & self.utt2spk.keys(), "that end after their recording does")

    def keep_known_to(self, name: str, rows: Mapping[str, str]) -> None:
        """Drop the utterances that themselves, their speaker or their recording have no line in the file `name`."""
        kind = KEYED_BY[name]
        unknown = rows.keys() - self.known[kind]
        if unknown:
            self.report.append(f"{self.path}/{name}: dropped {len(unknown)} lines, of a {kind} that is not in use: {few(sorted(unknown))}")
        if name in DERIVED:
            return
        if kind == UTTERANCE:
            self.drop(self.utt2spk.keys() - rows.keys(), f"without a line in {name}")
            return
        owner = self.utt2spk if kind == SPEAKER else self.recordings
        lost = {utterance for utterance in self.utt2spk if owner.get(utterance, utterance) not in rows}
        self.drop(lost, f"whose {kind} has no line in {name}")

    def drop(self, utterances: Set[str], why: str) -> None:
        if utterances:
            self.report.append(f"{self.path}: dropped {len(utterances)} utterances {why}: {few(sorted(utterances))}")
            for utterance in utterances:
                del self.utt2spk[utterance]

    def write_changed(self, staging: Path, utt_extra_files: Sequence[str], spk_extra_files: Sequence[str]) -> None:
        """Write the files that change into `staging`, and find those to be removed."""
        names: dict[str, Set[str]] = {
            UTTERANCE: self.utt2spk.keys(),
            SPEAKER: set(self.utt2spk.values()),
            RECORDING: {self.recordings.get(utterance, utterance) for utterance in self.utt2spk},
        }
        spk2utt = {speaker: " ".join(utterances) for speaker, utterances in utt2spk_to_spk2utt(self.utt2spk).items()}
        self.write_content(staging, "utt2spk", "".join(sorted_lines(self.utt2spk)))
        self.write_content(staging, "spk2utt", "".join(sorted_lines(spk2utt)))
        kinds = {name: KEYED_BY[name] for name in tables_in(self.path) if name not in ("utt2spk", "spk2utt")}
        kinds |= dict.fromkeys(utt_extra_files, UTTERANCE) | dict.fromkeys(spk_extra_files, SPEAKER)
        for name, kind in kinds.items():
            if (self.path / name).is_file():
                self.write_filtered(staging, name, names[kind])
        if (self.path / "trials").is_file():
            self.write_trials(staging)

    def write_filtered(self, staging: Path, name: str, keep: Set[str]) -> None:
        is_canonical = self.is_canonical.get(name, False)
        if is_canonical and name not in DERIVED and self.num_rows[name] == len(keep):
            return  # it holds all of `keep`, and no more
        content = filtered_content(self.path / name, keep, is_canonical)
        missing = len(keep) - content.count("\n")
        if name in DERIVED and missing:
            self.report.append(
                f"{self.path}/{name}: removed, since it lacks {missing} of {len(keep)} lines; {DERIVED[name]} makes it again"
            )
            self.removed.add(name)
        else:
            self.write_content(staging, name, content)

    def write_content(self, staging: Path, name: str, content: str) -> None:
        old = self.path / name
        if not (old.is_file() and old.read_bytes() == content.encode()):
            (staging / name).write_text(content, encoding="utf-8")

    def write_trials(self, staging: Path) -> None:
        """The trials whose utterances are both left."""
        old = self.path / "trials"
        trials = read_trials(old)
        kept = trials.select(lambda enrol, test: enrol in self.utt2spk and test in self.utt2spk)
        if len(kept.enrol) < len(trials.enrol):
            self.report.append(f"{old}: dropped {len(trials.enrol) - len(kept.enrol)} of {len(trials.enrol)} trials, of dropped utterances")
        if not kept.enrol:
            self.removed.add("trials")
            return
        write_trials(staging / "trials", kept)
        if file_digest(staging / "trials") == file_digest(old):
            (staging / "trials").unlink()


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
