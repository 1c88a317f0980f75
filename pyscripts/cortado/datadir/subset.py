"""Which utterances a subset holds: evenly spread, first, last, shortest, by speaker, or from a list."""

import random
from collections.abc import Iterable

from cortado.datadir.datadir import DataDir
from cortado.datadir.lengths import read_lengths
from cortado.errors import CortadoError, DataError

SPEAKER_SEED = 777


def every_nth(data_dir: DataDir, count: int) -> list[str]:
    """`count` utterances at even distances through the sorted list."""
    utterances = _at_least(data_dir, count)
    return [utterances[i * len(utterances) // count] for i in range(count)]


def first(data_dir: DataDir, count: int) -> list[str]:
    """The first `count` utterances."""
    return _at_least(data_dir, count)[:count]


def last(data_dir: DataDir, count: int) -> list[str]:
    """The last `count` utterances."""
    return _at_least(data_dir, count)[-count:]


def shortest(data_dir: DataDir, count: int) -> list[str]:
    """The `count` shortest utterances, by utt2num_frames or, without it, by utt2dur; equal lengths in order of name."""
    utterances = _at_least(data_dir, count)
    name = next((name for name in ("utt2num_frames", "utt2dur") if data_dir.has(name)), None)
    if name is None:
        raise DataError(data_dir.path, "has neither utt2num_frames nor utt2dur; utils/data/get_utt2dur.sh makes one")
    lengths = read_lengths(data_dir, name, utterances)
    return [utterance for _, utterance in sorted(zip(lengths, utterances, strict=True))[:count]]


def whole_speakers(data_dir: DataDir, count: int) -> list[str]:
    """All utterances of speakers drawn one after the other until there are `count` or more; the draw is always the same."""
    _at_least(data_dir, count)
    speakers = list(data_dir.spk2utt)
    random.Random(SPEAKER_SEED).shuffle(speakers)
    chosen: list[str] = []
    for speaker in speakers:
        if len(chosen) >= count:
            break
        chosen += data_dir.spk2utt[speaker]
    return chosen


def per_speaker(data_dir: DataDir, count: int) -> list[str]:
    """`count` utterances of each speaker, at even distances; all of a speaker who has fewer."""
    chosen: list[str] = []
    for utterances in data_dir.spk2utt.values():
        wanted = min(count, len(utterances))
        chosen += [utterances[i * len(utterances) // wanted] for i in range(wanted)]
    return chosen


def of_speakers(data_dir: DataDir, speakers: Iterable[str]) -> list[str]:
    """All utterances of the speakers named."""
    wanted = set(speakers)
    return [utterance for utterance, speaker in data_dir.utt2spk.items() if speaker in wanted]


def _at_least(data_dir: DataDir, count: int) -> list[str]:
    if count < 1:
        raise CortadoError(f"a subset needs at least one utterance, not {count}")
    if count > len(data_dir.utt2spk):
        raise DataError(data_dir.path, f"has {len(data_dir.utt2spk)} utterances, fewer than the {count} asked for")
    return data_dir.utterances
