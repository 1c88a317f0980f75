"""Clips that a singer can be told from without listening: copies, clips under two names, clips too short. What is left is clean."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cortado.datadir.audio import iterate_utterances
from cortado.datadir.datadir import DataDir
from cortado.datadir.recordings import recordings_of
from cortado.datadir.shared_audio import content_digest, join, link_clips
from cortado.errors import ConfigError, DataError

UNUSABLE, COPY, TWO_SPEAKERS, SHORT, OVERLAP = (
    "unusable",
    "copy",
    "content under two speakers",
    "too short",
    "overlaps with another speaker",
)


@dataclass(frozen=True)
class Fate:
    """Why a clip is dropped: the kind, under which it is counted, and a sentence."""

    kind: str
    reason: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}"


class ClipAudit:
    """The clips of a data directory, and which of them are dropped, each for the first of these reasons that holds.

    - unusable: cannot be read, samples that are not finite, or no sound at all
    - content under two speakers: the same samples stand under different speakers; all such copies are dropped
    - copy: the same samples as a clip of the same speaker that comes before it in the alphabet
    - too short: lasts less than `min_duration` seconds, which is the same for all speakers
    - overlaps with another speaker: of an overlap group (see shared_audio) that holds clips of several speakers

    After the audit: `dropped`, clip -> Fate; `groups`, clip kept -> its overlap group, named after its first clip.
    Raises DataError when no clip is left, ConfigError for a `min_duration` below 0.
    """

    def __init__(self, data_dir: DataDir, min_duration: float, min_run: int):
        if not min_duration >= 0:
            raise ConfigError(f"--min-duration is {min_duration:g}, but must be 0 s or more")
        self.data_dir, self.min_run = data_dir, min_run
        self.speakers, self.recordings = data_dir.utt2spk, recordings_of(data_dir)
        self.dropped: dict[str, Fate] = {}
        self.seconds: dict[str, float] = {}
        self.num_samples: dict[str, int] = {}
        self.clips_of: dict[bytes, list[str]] = defaultdict(list)  # by content
        self._read()
        self._drop_same_content()
        self._drop_short(min_duration)
        self.groups: dict[str, str] = {}
        self._find_groups()
        if not self.groups:
            raise DataError(
                data_dir.path, f"has {len(self.speakers)} clips and none is left, --min-duration being {min_duration:g}: {self._examples()}"
            )

    def counts(self) -> dict[str, int]:
        """Kind of fate -> number of clips dropped."""
        return dict(sorted(Counter(fate.kind for fate in self.dropped.values()).items()))

    def _examples(self) -> str:
        """How many clips were dropped for each kind of reason, and why the first of them."""
        firsts = {self.dropped[clip].kind: clip for clip in sorted(self.dropped, reverse=True)}
        return "; ".join(f"{count} {kind} ({firsts[kind]}: {self.dropped[firsts[kind]].reason})" for kind, count in self.counts().items())

    @cached_property
    def recording_groups(self) -> dict[str, str]:
        """Recording -> the first of the recordings of its speaker that it shares audio with, itself if none; dropped copies count too."""
        names = sorted(set(self.recordings.values()))
        numbers = {name: number for number, name in enumerate(names)}
        by_group = defaultdict(list)
        for clip, group in self.groups.items():
            by_group[group].append(clip)
        pairs = []
        for clips in [*self.clips_of.values(), *by_group.values()]:
            first_of: dict[str, str] = {}  # a content of two speakers does not join their recordings
            for clip in clips:
                first = first_of.setdefault(self.speakers[clip], clip)
                pairs.append((numbers[self.recordings[first]], numbers[self.recordings[clip]]))
        groups = join(len(names), np.array(pairs))
        return {name: names[np.argmax(groups == group)] for name, group in zip(names, groups, strict=True)}

    def summary(self) -> dict:
        """All counts: of the whole and by speaker, for JSON."""
        kept = self.groups.keys()
        whole = {
            "clips": len(self.speakers),
            "distinct_clips": len(self.clips_of),
            "clips_with_a_copy": sum(len(clips) for clips in self.clips_of.values() if len(clips) > 1),
            "contents_under_two_speakers": sum(self._has_two_speakers(clips) for clips in self.clips_of.values()),
            "dropped": self.counts(),
            "kept": len(kept),
            "kept_seconds": round(sum(self.seconds[clip] for clip in kept), 3),
            "overlap_groups": len(set(self.groups.values())),
        }
        return {"all": whole, "by_speaker": {speaker: self._summary_of(speaker, clips) for speaker, clips in self.data_dir.spk2utt.items()}}

    def _summary_of(self, speaker: str, clips: list[str]) -> dict:
        own = set(clips)
        kept = [clip for clip in clips if clip in self.groups]
        recordings = {self.recordings[clip] for clip in clips}
        return {
            "clips": len(clips),
            "distinct_clips": sum(not own.isdisjoint(copies) for copies in self.clips_of.values()),
            "shortest_seconds": round(min((self.seconds[clip] for clip in clips if clip in self.seconds), default=0.0), 3),
            "recordings": len(recordings),
            "recording_groups": len({self.recording_groups[recording] for recording in recordings}),
            "kept": len(kept),
            "overlap_groups": len({self.groups[clip] for clip in kept}),
        }

    def _drop(self, clip: str, kind: str, reason: str) -> None:
        self.dropped[clip] = Fate(kind, reason)

    def _read(self) -> None:
        def on_error(clip: str, error: DataError) -> None:
            self._drop(clip, UNUSABLE, str(error))

        for clip, samples, rate in iterate_utterances(self.data_dir, on_error):
            if not np.isfinite(samples).all():
                self._drop(clip, UNUSABLE, f"{np.count_nonzero(~np.isfinite(samples))} of {len(samples)} samples are NaN or infinite")
            elif not samples.any():
                self._drop(clip, UNUSABLE, "holds no sound")
            else:
                self.seconds[clip], self.num_samples[clip] = len(samples) / rate, len(samples)
                self.clips_of[content_digest(samples)].append(clip)
        self.clips_of = {digest: sorted(clips) for digest, clips in self.clips_of.items()}

    def _has_two_speakers(self, clips: list[str]) -> bool:
        return len({self.speakers[clip] for clip in clips}) > 1

    def _drop_same_content(self) -> None:
        for clips in self.clips_of.values():
            for clip in clips if self._has_two_speakers(clips) else clips[1:]:
                if self._has_two_speakers(clips):
                    other = next(copy for copy in clips if self.speakers[copy] != self.speakers[clip])
                    self._drop(clip, TWO_SPEAKERS, f"the samples of {other}, of {self.speakers[other]}")
                else:
                    self._drop(clip, COPY, f"the samples of {clips[0]}")

    def _drop_short(self, min_duration: float) -> None:
        for clip, seconds in self.seconds.items():
            if clip not in self.dropped and seconds < min_duration:
                self._drop(clip, SHORT, f"lasts {seconds:.3f} s, less than {min_duration:g} s")

    def _kept(self) -> Iterator[tuple[str, np.ndarray]]:
        for clip, samples, _ in iterate_utterances(self.data_dir, lambda *_: None):  # what cannot be read was dropped before
            if clip in self.seconds and clip not in self.dropped:
                yield clip, samples

    def _find_groups(self) -> None:
        num_samples = sum(number for clip, number in self.num_samples.items() if clip not in self.dropped)
        members = defaultdict(list)
        for clip, group in link_clips(self._kept, num_samples, self.min_run).items():
            members[group].append(clip)
        for clips in members.values():
            speakers = sorted({self.speakers[clip] for clip in clips})
            for clip in clips:
                if len(speakers) > 1:
                    self._drop(clip, OVERLAP, f"its overlap group has {len(clips)} clips of {', '.join(speakers)}")
                else:
                    self.groups[clip] = min(clips)
