"""The levels that contours step between, and the classes of steps: estimated once on a corpus, then the same for every recording."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from cortado.config import dump_yaml, load_config
from cortado.files import atomic_write


@dataclass(frozen=True)
class Levels:
    """`centres`: cents above 55 Hz, ascending. `classes`: cuts in cents between small, middle and large steps; or "raw"."""

    centres: tuple[float, ...]
    classes: tuple[float, float] | Literal["raw"]

    def __post_init__(self):
        if len(self.centres) < 2 or not np.all(np.diff(self.centres) > 0):
            raise ValueError("centres are at least two levels, ascending")
        check_cuts(self.classes)

    @classmethod
    def read(cls, path: str | Path) -> "Levels":
        """Read what `write` wrote. Raises ConfigError naming the file and what is wrong in it."""
        return load_config(cls, path)

    def write(self, path: str | Path, data_dir: str) -> None:
        """Write a YAML file that people can read, too. data_dir: what they were estimated on, for a line that steps/make_contours.sh reads."""
        with atomic_write(path) as out:
            out.write("# Levels of contours in cents above 55 Hz, and where the classes of their steps part\n")
            out.write(f"# Estimated on {data_dir}\n{dump_yaml(self)}")

    def nearest(self, cents: np.ndarray) -> np.ndarray:
        """The number of the level nearest to each of `cents`, from 0: int64 of the same shape."""
        centres = np.array(self.centres)
        return np.searchsorted((centres[:-1] + centres[1:]) / 2, cents)

    def symbols(self, levels: np.ndarray) -> np.ndarray:
        """(n - 1,) int64, of the steps between n consecutive levels (their numbers), no two neighbours of which are equal.

        A step up is positive and one down negative, as in the paper (Arronte Alvarez and Gomez-Martin 2020, "Singer identification
        using convolutional acoustic motif embeddings"; the program that its authors published has it the other way round). Its size is 1 below the
        first cut, 2 from there up to the second, 3 above; or, "raw", the difference between the numbers of the levels.
        """
        steps = np.diff(levels)
        if self.classes == "raw":
            return steps
        cents = np.round(np.abs(np.diff(np.array(self.centres)[levels])), 3)  # 1270.1 - 1200.1 is not quite 70
        low, high = self.classes
        return np.sign(steps) * (1 + (cents >= low) + (cents > high))


def check_cuts(classes: tuple[float, float] | str) -> None:
    """Raise ValueError for cuts that do not part three classes."""
    if isinstance(classes, tuple) and not 0 < classes[0] <= classes[1]:
        raise ValueError(f"classes are two cuts in cents, above 0 and ascending, not {list(classes)}")
