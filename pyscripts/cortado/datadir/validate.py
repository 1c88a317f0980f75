"""Checking a data directory: every problem is found, each with its file and line, before anything is said."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cortado.datadir.checks import CHECKS, value_problem
from cortado.datadir.datadir import SEGMENT_TOLERANCE, Segment, parse_segment, spk2utt_to_utt2spk
from cortado.datadir.layout import KEYED_BY, PAIR, RECORDING, SPEAKER, UTTERANCE, tables_in
from cortado.datadir.lines import Lines, decode, encode, make_lines, read_lines, scan_lines, spk2utt_content
from cortado.datadir.table import ParsedTable, parse_table, read_bytes, read_table
from cortado.datadir.trials import read_trials
from cortado.errors import DataError

SHOWN_PER_FILE = 20


def problems(
    path: str | Path, need_feats: bool = False, need_text: bool = False, need_wav: bool = False, non_print: bool = False
) -> list[str]:
    """All that is wrong with the data directory `path`, up to 20 lines a file and then a count; empty when it is valid.

    `need_...` demand feats.scp, text and wav.scp; `non_print` lets text hold unprintable characters.
    """
    checker = _Checker(Path(path), non_print)
    checker.check({"feats.scp": need_feats, "text": need_text, "wav.scp": need_wav})
    return checker.report()


def speaker_order_warning(path: str | Path) -> str | None:
    """Kaldi's demand that speaker names be prefixes of utterance names, so that both sort alike; None when it holds.

    Raises DataError for a utt2spk that cannot be read.
    """
    speakers = read_lines(Path(path) / "utt2spk").values
    if (speakers[:-1] <= speakers[1:]).all():
        return None
    previous = ""
    for utterance, speaker in sorted(read_table(Path(path) / "utt2spk").items()):
        if speaker < previous:
            return (
                f"{path}/utt2spk: {utterance} of {speaker} sorts behind an utterance of {previous}; Kaldi programs want speaker names as "
                "prefixes of utterance names (--no-spk-sort: do not look)"
            )
        previous = speaker
    return None


class _Checker:
    """One pass over the files, one file in memory at a time; only the names of utterances, speakers and recordings are kept.

    Whether all is well with a file is seen in all of its lines at once. Only when it is not are they looked at one by one.
    """

    def __init__(self, path: Path, non_print: bool):
        self.path = path
        self.non_print = non_print
        self.found: dict[str, list[str]] = {}
        self.names: dict[str, np.ndarray] = {}  # kind -> the names that every file of that kind must have, sorted
        self.spk2utt = b""  # what utt2spk says that it must be

    def check(self, needed: Mapping[str, bool]) -> None:
        if not self.path.is_dir():
            self.add("", "no such data directory")
            return
        for name in ("utt2spk", "spk2utt", *(name for name, is_needed in needed.items() if is_needed)):
            if not (self.path / name).is_file():
                self.add(name, "no such file")
        for name in [*tables_in(self.path), *(["trials"] if (self.path / "trials").is_file() else [])]:  # utt2spk, segments come first
            try:
                self.check_trials() if KEYED_BY[name] == PAIR else self.check_table(name)
            except DataError as error:
                self.add(name, error.reason, error.line)

    def add(self, name: str, reason: str, line: int | None = None) -> None:
        where = f"{self.path}/{name}" if name else f"{self.path}"
        self.found.setdefault(name, []).append(f"{where}:{line}: {reason}" if line else f"{where}: {reason}")

    def report(self) -> list[str]:
        lines = []
        for name, found in self.found.items():
            lines += found[:SHOWN_PER_FILE]
            if len(found) > SHOWN_PER_FILE:
                lines.append(f"{self.path}/{name}: and {len(found) - SHOWN_PER_FILE} more problems")
        return lines

    def check_table(self, name: str) -> None:
        lines = scan_lines(read_bytes(self.path / name))
        if self.is_good(name, lines):
            return
        table = parse_table(self.path / name)
        for line, reason in table.problems:
            self.add(name, reason, line)
        if table.first_unsorted:
            self.add(name, "is not in C-locale order from here on (fix_data_dir.sh sorts)", table.first_unsorted)
        if name in CHECKS:
            for line, key, value in table.numbered():
                if reason := value_problem(name, value, self.non_print):
                    self.add(name, f"{key}: {reason}", line)
        self.learn_names(name, make_lines(table.rows.items()))
        self.check_keys(name, table)
        if name == "spk2utt":
            self.check_inverse(table.rows)
        elif name == "segments":
            self.check_segments(table)

    def is_good(self, name: str, lines: Lines) -> bool:
        """Whether nothing at all is wrong with a table. What segments say of recordings takes a closer look in any case."""
        if not lines.is_sorted or name == "segments":
            return False
        if name in CHECKS and any(value_problem(name, value.decode(), self.non_print) for value in set(lines.value_list())):
            return False
        self.learn_names(name, lines)
        known = self.names.get(KEYED_BY[name])
        if known is not None and not np.array_equal(lines.keys, known):
            return False
        return name != "spk2utt" or known is None or lines.content == self.spk2utt

    def learn_names(self, name: str, lines: Lines) -> None:
        if name == "utt2spk":
            self.names = {UTTERANCE: lines.keys, SPEAKER: np.unique(lines.values), RECORDING: lines.keys}
            self.spk2utt = spk2utt_content(lines.keys, lines.values)
        elif name == "segments" and self.names:
            self.names[RECORDING] = np.unique(encode(value.split(maxsplit=1)[0] for _, value in lines.items()))

    def check_keys(self, name: str, table: ParsedTable) -> None:
        kind = KEYED_BY[name]
        if kind not in self.names:
            return
        known = set(decode(self.names[kind]))
        for line, key, _ in table.numbered():
            if key not in known:
                self.add(name, f"{kind} {key} is unknown to {'segments' if self.has_segments(kind) else 'utt2spk'}", line)
        for key in sorted(known - table.rows.keys()):
            self.add(name, f"{kind} {key} is missing")

    def has_segments(self, kind: str) -> bool:
        return kind == RECORDING and (self.path / "segments").is_file()

    def check_inverse(self, spk2utt: Mapping[str, str]) -> None:
        if not self.names:
            return
        try:
            inverse = spk2utt_to_utt2spk(spk2utt)
        except ValueError as error:
            self.add("spk2utt", str(error))
            return
        utt2spk = parse_table(self.path / "utt2spk").rows
        for utterance in sorted(inverse.keys() | utt2spk.keys()):
            here, there = inverse.get(utterance), utt2spk.get(utterance)
            if here != there:
                speaker = f"speaker {here}" if here else "no speaker"
                self.add("spk2utt", f"utterance {utterance} has {speaker} here and {there or 'none'} in utt2spk")

    def check_segments(self, table: ParsedTable) -> None:
        durations = read_durations(self.path)
        for line, utterance, value in table.numbered():
            try:
                segment = parse_segment(value)
            except ValueError:
                continue  # value_problem has told
            if is_too_long(segment, durations):
                self.add("segments", f"{utterance}: ends at {segment.end}, after its recording of {durations[segment.recording]} s", line)

    def check_trials(self) -> None:
        trials = read_trials(self.path / "trials")
        previous = ("", "")
        for line, pair in enumerate(zip(trials.enrol, trials.test, strict=True), 1):
            if pair < previous:
                self.add("trials", "is not in C-locale order from here on", line)
                break
            previous = pair
        known = set(decode(self.names[UTTERANCE])) if self.names else {*trials.enrol, *trials.test}
        if not known >= {*trials.enrol, *trials.test}:
            for line, pair in enumerate(zip(trials.enrol, trials.test, strict=True), 1):
                for utterance in pair:
                    if utterance not in known:
                        self.add("trials", f"utterance {utterance} is unknown to utt2spk", line)


def read_durations(path: Path) -> dict[str, float]:
    """Recording -> seconds, of reco2dur where there is one; bad lines are left out."""
    if not (path / "reco2dur").is_file():
        return {}
    rows = parse_table(path / "reco2dur").rows
    return {recording: float(value) for recording, value in rows.items() if not value_problem("reco2dur", value)}


def is_too_long(segment: Segment, durations: Mapping[str, float]) -> bool:
    """Whether a segment ends after its recording does, as far as that is known."""
    return segment.end is not None and segment.end > durations.get(segment.recording, float("inf")) + SEGMENT_TOLERANCE
