"""The data directory as an object: its tables, read when they are first asked for."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from cortado.datadir.table import read_table
from cortado.errors import DataError

# Times in segments are written with two decimals or so; an end may lie this much beyond the recording.
SEGMENT_TOLERANCE = 0.01


class Segment(NamedTuple):
    """Where an utterance lies in its recording; seconds, `end` None for the end of the recording."""

    recording: str
    start: float
    end: float | None


class DataDir:
    """A Kaldi data directory. Nothing is read before it is asked for; every table is read once.

    Raises DataError when the folder, or a table asked for, is missing or malformed.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        if not self.path.is_dir():
            raise DataError(path, "no such data directory")
        self._tables: dict[str, dict[str, str]] = {}

    def __repr__(self) -> str:
        return f"DataDir({str(self.path)!r})"

    def has(self, name: str) -> bool:
        """Whether the directory has a file of this name."""
        return (self.path / name).is_file()

    def table(self, name: str) -> dict[str, str]:
        """The file `name` as key -> value."""
        if name not in self._tables:
            self._tables[name] = read_table(self.path / name)
        return self._tables[name]

    @property
    def utt2spk(self) -> dict[str, str]:
        """Utterance -> speaker."""
        return self.table("utt2spk")

    @cached_property
    def spk2utt(self) -> dict[str, list[str]]:
        """Speaker -> its utterances, both sorted; the inverse of utt2spk."""
        return utt2spk_to_spk2utt(self.utt2spk)

    @property
    def utterances(self) -> list[str]:
        """All utterances, sorted."""
        return sorted(self.utt2spk)

    @property
    def wav_scp(self) -> dict[str, str]:
        """Recording -> audio file or Kaldi pipe. Without segments, an utterance is a recording."""
        return self.table("wav.scp")

    @cached_property
    def text(self) -> dict[str, str]:
        """Utterance -> transcript; an empty one where the line has no word."""
        return read_table(self.path / "text", may_be_empty=True)

    @property
    def feats_scp(self) -> dict[str, str]:
        """Utterance -> its features within an ark."""
        return self.table("feats.scp")

    @cached_property
    def segments(self) -> dict[str, Segment]:
        """Utterance -> Segment, of the file `segments`."""
        segments = {}
        for line, (utterance, value) in enumerate(self.table("segments").items(), 1):
            try:
                segments[utterance] = parse_segment(value)
            except ValueError as error:
                raise DataError(self.path / "segments", str(error), line) from None
        return segments


def parse_segment(value: str) -> Segment:
    """'recording start end' in seconds, end -1 for the end of the recording. Raises ValueError saying what is wrong."""
    fields = value.split()
    if len(fields) != 3:
        raise ValueError(f"expected 'utterance recording start end', found {len(fields) + 1} fields")
    try:
        start, end = float(fields[1]), float(fields[2])
    except ValueError:
        raise ValueError(f"start {fields[1]} or end {fields[2]} is not a number") from None
    if not 0 <= start < float("inf"):
        raise ValueError(f"start {fields[1]} is negative or not finite")
    if end == -1:
        return Segment(fields[0], start, None)
    if not start < end < float("inf"):
        raise ValueError(f"end {fields[2]} is not after start {fields[1]}")
    return Segment(fields[0], start, end)


def utt2spk_to_spk2utt(utt2spk: Mapping[str, str]) -> dict[str, list[str]]:
    """Speaker -> utterances, both sorted."""
    spk2utt: dict[str, list[str]] = {}
    for utterance in sorted(utt2spk):
        spk2utt.setdefault(utt2spk[utterance], []).append(utterance)
    return dict(sorted(spk2utt.items()))


def spk2utt_to_utt2spk(spk2utt: Mapping[str, str]) -> dict[str, str]:
    """Utterance -> speaker from 'utterance utterance ...' by speaker. Raises ValueError for an utterance of two speakers."""
    utt2spk: dict[str, str] = {}
    for speaker, utterances in spk2utt.items():
        for utterance in utterances.split():
            if utterance in utt2spk:
                raise ValueError(f"utterance {utterance} belongs to {utt2spk[utterance]} and to {speaker}")
            utt2spk[utterance] = speaker
    return utt2spk
