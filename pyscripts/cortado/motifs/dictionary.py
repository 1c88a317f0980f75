"""Dictionaries of singers: the motifs that come back in what each of them sings."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from cortado.errors import CortadoError
from cortado.motifs.closed import Pattern, closed_patterns
from cortado.motifs.corpus import Contours
from cortado.motifs.gapped import closed_gapped_patterns
from cortado.motifs.occurrences import Occurrence, find_occurrences

UNITS = ("phrase", "recording", "singer", "corpus")


@dataclass(frozen=True)
class MotifConfig:
    """What is a motif: conf/motifs.yaml.

    Patterns are mined in each recording, each singer, or all of the corpus (`mine_in`), and are motifs if they are closed and in
    `min_support` or more of its phrases, recordings or singers (`support_in`), of min_length to max_length symbols. Up to max_gap symbols
    may be skipped between two of a motif. Occurrences of less than min_duration seconds do not count.
    """

    mine_in: Literal["recording", "singer", "corpus"] = "recording"
    support_in: Literal["phrase", "recording", "singer"] = "phrase"
    min_support: int = 3
    min_length: int = 5
    max_length: int | None = None
    max_gap: int = 0
    min_duration: float = 0.15
    first_per_phrase: bool = False

    def __post_init__(self):
        if UNITS.index(self.support_in) >= UNITS.index(self.mine_in):
            raise ValueError(
                f"support_in is {self.support_in}, of which a {self.mine_in} has not several: set support_in to a smaller unit than mine_in, "
                f"{self.mine_in}; phrase, recording, singer, corpus is their order"
            )
        if min(self.min_support, self.min_length) < 1 or self.max_gap < 0 or not self.min_duration >= 0:
            raise ValueError("min_support and min_length are 1 or more, max_gap and min_duration 0 or more")
        if self.max_length is not None and self.max_length < self.min_length:
            raise ValueError(f"max_length is {self.max_length}, less than the min_length of {self.min_length}")


class Motif(NamedTuple):
    """support: in how many units it was found, summed over the databases (see MotifConfig.mine_in) that have it as a motif."""

    singer: str
    pattern: Pattern
    support: int
    num_occurrences: int


def make_dictionaries(contours: Contours, config: MotifConfig) -> tuple[list[Motif], list[Occurrence]]:
    """The motifs of each singer and where they occur in the singer's own recordings.

    Motifs come by singer, those of most support first, of equal ones the longest; occurrences by singer, recording and time. A pattern
    without an occurrence of enough duration is no motif. Raises CortadoError where there is no motif at all.
    """
    supports = mine(contours, config)
    motifs: list[Motif] = []
    occurrences: list[Occurrence] = []
    for part in contours.parts("singer"):
        (singer,) = part.present("singer")
        found = find_occurrences(supports[singer], part, config.max_gap, config.min_duration, config.first_per_phrase)
        counts = Counter(occurrence.pattern for occurrence in found)
        occurrences += found
        motifs += [Motif(singer, pattern, supports[singer][pattern], count) for pattern, count in counts.items()]
    if not motifs:
        raise CortadoError(f"no motif lasts min_duration, {config.min_duration} s, anywhere: lower it")
    return sorted(motifs, key=lambda m: (m.singer, -m.support, -len(m.pattern), m.pattern)), occurrences


def mine(contours: Contours, config: MotifConfig) -> dict[str, Counter[Pattern]]:
    """The patterns of each singer and their supports. Raises CortadoError where nobody has one, saying why."""
    found: dict[str, Counter[Pattern]] = {singer: Counter() for singer in contours.present("singer")}
    for part in contours.parts(config.mine_in):
        patterns = _mine_part(part, config)
        for singer in part.present("singer"):
            found[singer].update(patterns)
    if not any(found.values()):
        raise CortadoError(_why_none(contours, config))
    return found


def _mine_part(part: Contours, config: MotifConfig) -> dict[Pattern, int]:
    units, limits = part.units(config.support_in), (config.min_support, config.min_length, config.max_length)
    if config.max_gap:
        return closed_gapped_patterns(part.symbols, units, config.max_gap, *limits)
    return closed_patterns(part.symbols, units, *limits)


def _why_none(contours: Contours, config: MotifConfig) -> str:
    """What there is where there is no motif, and what to change."""
    parts = list(contours.parts(config.mine_in))
    phrases = contours.units("phrase")
    longest = int(np.bincount(phrases).max()) - 1
    most_units = max(int(part.units(config.support_in)[-1]) + 1 for part in parts)
    sizes = f"{phrases[-1] + 1} phrases of {len(contours.present('recording'))} recordings of {len(contours.present('singer'))} singers"
    if longest < config.min_length:
        return f"of {sizes}, the longest phrase has {longest} symbols, fewer than min_length, {config.min_length}: lower it"
    if most_units < config.min_support:
        return (
            f"min_support is {config.min_support}, but no {config.mine_in} (mine_in) has more than {most_units} of what support_in "
            f"counts, {config.support_in}s: lower min_support, or change mine_in or support_in"
        )
    best = max(_best_support(part, config) for part in parts)
    return (
        f"no pattern of {config.min_length} or more symbols (min_length) is in {config.min_support} {config.support_in}s (min_support) of "
        f"one {config.mine_in} (mine_in), in {sizes}; without gaps, the most are {best}: lower min_support or min_length"
    )


def _best_support(part: Contours, config: MotifConfig) -> int:
    """The support of the most frequent pattern of min_length, 0 where no phrase is so long."""
    supports = closed_patterns(part.symbols, part.units(config.support_in), 1, config.min_length)
    return max(supports.values(), default=0)
