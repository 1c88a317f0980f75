"""Which clips are trained on, which stop the training, and which are tested, drawn so that every speaker is trained on and tested.

What is drawn are units, never parts of them: recordings, where those that share audio count as one; or groups of overlapping clips; or,
to reproduce what others did, single clips.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from cortado.datadir.audio import iterate_utterances
from cortado.datadir.datadir import DataDir
from cortado.datadir.recordings import recordings_of
from cortado.datadir.shared_audio import Overlap, measure_overlap
from cortado.datadir.split_record import UNITS, Kind
from cortado.datadir.table import few
from cortado.errors import ConfigError, DataError


class Parts(NamedTuple):
    """The utterances of each part, sorted; those of `valid` may be none."""

    train: list[str]
    valid: list[str]
    test: list[str]


def split_recordings(data_dir: DataDir, kind: Kind, test_fraction: float, valid_fraction: float, seed: int) -> Parts:
    """Draw the parts. Of each speaker's clips about `test_fraction` are tested, of all others about `valid_fraction` are held out.

    Each speaker has a unit or more that is tested and one that is trained on; validation is drawn from what the speakers have beyond
    that. Raises ConfigError for an impossible fraction or seed, DataError for a single speaker, for speakers with a single unit, and where
    nobody has a third unit to hold out.
    """
    if not 0 < test_fraction < 1:
        raise ConfigError(f"--test-fraction is {test_fraction:g}, but must be above 0 and below 1")
    if not 0 <= valid_fraction < 1:
        raise ConfigError(f"--valid-fraction is {valid_fraction:g}, but must be 0 or more and below 1")
    if seed < 0:
        raise ConfigError(f"--seed {seed} is below 0")
    unit_of, rng = _units(data_dir, kind), np.random.default_rng(seed)
    units_of = {speaker: sorted({unit_of[clip] for clip in clips}) for speaker, clips in data_dir.spk2utt.items()}
    _require_two_units(data_dir, kind, units_of)
    sizes = Counter(unit_of.values())
    test: set[str] = set()
    spare: list[str] = []
    for units in units_of.values():
        order = _shuffled(units, rng)
        test.update(_pick(order[:-1], sizes, test_fraction * sum(sizes[unit] for unit in units)))
        spare += [unit for unit in order[:-1] if unit not in test]
    valid: set[str] = set()
    if valid_fraction > 0:
        if not spare:
            reason = f"no speaker has a third {UNITS[kind]} to hold out for validation; --valid-fraction 0 holds out none"
            raise DataError(data_dir.path, reason)
        num_left = len(unit_of) - sum(sizes[unit] for unit in test)
        valid = _pick(_shuffled(spare, rng), sizes, valid_fraction * num_left)
    by_part = defaultdict(list)
    for clip in data_dir.utterances:
        by_part["test" if unit_of[clip] in test else "valid" if unit_of[clip] in valid else "train"].append(clip)
    return Parts(*(by_part[part] for part in Parts._fields))


def measure_leak(data_dir: DataDir, parts: Parts, min_run: int) -> Overlap:
    """Which test clips are known from train and valid, by their samples. Raises DataError for a clip that cannot be read."""
    is_trained_on = dict.fromkeys([*parts.train, *parts.valid], True) | dict.fromkeys(parts.test, False)

    def clips() -> Iterator[tuple[str, np.ndarray]]:
        return ((clip, samples) for clip, samples, _ in iterate_utterances(data_dir))

    return measure_overlap(clips, is_trained_on, min_run)


def _units(data_dir: DataDir, kind: Kind) -> dict[str, str]:
    """Clip -> what it is drawn with. Raises DataError where a table lacks some."""
    clips = {clip: clip for clip in data_dir.utterances}
    if kind == "random":
        return clips
    if kind == "overlap":
        if not data_dir.has("utt2group"):
            raise DataError(data_dir.path, "has no utt2group, which a split by overlap is made from: utils/find_shared_audio.sh writes it")
        return _looked_up(data_dir, "utt2group", clips)
    recordings = recordings_of(data_dir)
    return _looked_up(data_dir, "reco2group", recordings) if data_dir.has("reco2group") else recordings


def _looked_up(data_dir: DataDir, name: str, key_of: Mapping[str, str]) -> dict[str, str]:
    groups = data_dir.table(name)
    if missing := sorted(set(key_of.values()) - groups.keys()):
        raise DataError(data_dir.path / name, f"has no line for {few(missing)}; utils/find_shared_audio.sh makes it anew")
    return {clip: groups[key] for clip, key in key_of.items()}


def _require_two_units(data_dir: DataDir, kind: Kind, units_of: Mapping[str, Collection[str]]) -> None:
    if len(units_of) < 2:
        raise DataError(data_dir.path, f"has {len(units_of)} speaker; telling speakers apart needs at least 2")
    lacking = [speaker for speaker, units in units_of.items() if len(units) < 2]
    if lacking:
        alike = ", those that share audio being one (reco2group)" if kind == "recording" and data_dir.has("reco2group") else ""
        other = "leave them out, or choose another --split" if kind != "random" else "leave them out"
        reason = f"{len(lacking)} of {len(units_of)} speakers have a single {UNITS[kind]}{alike}, and two are needed to train on and test: "
        raise DataError(data_dir.path, f"{reason}{few(lacking)}; {other}")


def _shuffled(units: Sequence[str], rng: np.random.Generator) -> list[str]:
    return [units[i] for i in rng.permutation(len(units))]


def _pick(order: Sequence[str], sizes: Mapping[str, int], target: float) -> set[str]:
    """Units in turn, each that brings the number of clips nearer to `target`; the smallest if none does."""
    chosen, count = set(), 0
    for unit in order:
        if abs(count + sizes[unit] - target) < abs(count - target):
            chosen.add(unit)
            count += sizes[unit]
    return chosen or {min(order, key=lambda unit: sizes[unit])}
