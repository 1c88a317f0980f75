"""How contours are made of f0: conf/contour.yaml."""

from dataclasses import dataclass, field
from typing import Literal

from cortado.motifs.levels import check_cuts


@dataclass(frozen=True)
class LevelsConfig:
    """How levels and classes of steps are estimated.

    `number` of levels: as many as there are, or a range [fewest, most] in which BIC chooses; None for one in each `spacing` cents of
    the range that the voice has. `classes`: two cuts in cents between small, middle and large steps, "3-means" of the sizes of all
    steps, or "raw", which counts the levels of a step.
    """

    number: int | tuple[int, int] | None = None
    spacing: float = 65.0
    classes: tuple[float, float] | Literal["3-means", "raw"] = (70.0, 112.0)

    def __post_init__(self):
        fewest, most = self.number if isinstance(self.number, tuple) else (self.number or 2, self.number or 2)
        if not 2 <= fewest <= most:
            raise ValueError(f"number of levels is {self.number}; it is 2 or more, or [fewest, most]")
        if not self.spacing > 0:
            raise ValueError(f"spacing is {self.spacing} cents; it is above 0")
        check_cuts(self.classes)


@dataclass(frozen=True)
class ContourConfig:
    """How levels are estimated, and what is a segment and a phrase; `min_run` and `min_gap` in frames of f0."""

    levels: LevelsConfig = field(default_factory=LevelsConfig)
    min_run: int = 1
    min_gap: int = 1

    def __post_init__(self):
        if self.min_run < 1 or self.min_gap < 1:
            raise ValueError("min_run and min_gap are 1 or more")
