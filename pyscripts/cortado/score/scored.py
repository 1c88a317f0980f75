"""The scores of a list as its jobs leave them, part by part: 16 bytes a trial, read a block at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortado.command import progress
from cortado.errors import DataError
from cortado.files import atomic_write
from cortado.score.embeddings import Embeddings
from cortado.score.split_list import SplitList

SCORED = np.dtype([("enrol", "<i4"), ("test", "<i4"), ("score", "<f8")])  # rows of the two embeddings, and the score
BLOCK_TRIALS = 1 << 18
BUCKET_TRIALS = 1 << 24


def scored_path(folder: str | Path, job: int, num_parts: int) -> Path:
    """The file that job number `job`, counted from 1, leaves in `folder`."""
    return Path(folder) / f"scored.{job}of{num_parts}.npy"


def write_scored(path: str | Path, blocks: Iterable[np.ndarray], num_trials: int) -> None:
    """Write the scored trials of a part, arrays of SCORED, as one .npy file that appears as a whole or not at all.

    Raises DataError unless they are `num_trials`.
    """
    written = 0
    with atomic_write(path, "wb") as out:
        header = {"descr": np.lib.format.dtype_to_descr(SCORED), "fortran_order": False, "shape": (num_trials,)}
        np.lib.format.write_array_header_1_0(out, header)
        for block in blocks:
            out.write(block.tobytes())
            written += len(block)
        if written != num_trials:
            raise DataError(path, f"{written} trials were scored instead of {num_trials}; has the list changed meanwhile?")


def read_scored(path: str | Path, num_trials: int) -> Iterator[np.ndarray]:
    """The scored trials of a part, arrays of SCORED of bounded size. Raises DataError unless they are `num_trials`."""
    try:
        with open(path, "rb") as scored:
            np.lib.format.read_magic(scored)
            shape, _, dtype = np.lib.format.read_array_header_1_0(scored)
            if dtype != SCORED:
                raise ValueError(f"it holds {dtype}")
            read = 0
            while len(block := np.fromfile(scored, SCORED, BLOCK_TRIALS)):
                yield block
                read += len(block)
    except (OSError, ValueError) as error:
        raise DataError(path, f"cannot be read as scored trials: {error}") from None
    if (read,) != shape or read != num_trials:
        raise DataError(path, f"holds {read} scored trials instead of {num_trials}; remove it and score them again")


@dataclass(frozen=True)
class ScoredList:
    """All parts of a scored list in `folder`, and the tables that their rows are of."""

    folder: Path
    split: SplitList
    enrol: Embeddings
    test: Embeddings

    def blocks(self) -> Iterator[np.ndarray]:
        """The trials in the order of the list, arrays of SCORED. Raises DataError as read_scored does."""
        for job, part in enumerate(self.split.parts, 1):
            yield from read_scored(scored_path(self.folder, job, len(self.split.parts)), part.num_trials)

    def write_text(self, path: str | Path) -> None:
        """Write the score file, 'enrol test score' with six decimals for each trial, atomically."""
        enrol_keys, test_keys = (np.array(table.keys, dtype=object) for table in (self.enrol, self.test))
        total = sum(-(-part.num_trials // BLOCK_TRIALS) for part in self.split.parts)
        with atomic_write(path) as out:
            for block in progress(self.blocks(), total, "blocks of the score file"):
                columns = enrol_keys[block["enrol"]], test_keys[block["test"]], block["score"].tolist()
                out.writelines([f"{enrol} {test} {score:.6f}\n" for enrol, test, score in zip(*columns, strict=True)])

    def arrays(self, enrol_speaker: np.ndarray, test_speaker: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Scores, (num_trials,) float64, and the speakers of both sides, (num_trials,) of the smallest integer type that holds them.

        enrol_speaker, test_speaker: speaker number of each embedding. The numbers returned count only speakers that occur.
        """
        occurs = np.zeros(max(enrol_speaker.max(), test_speaker.max()) + 1, dtype=bool)
        for block in self.blocks():
            occurs[enrol_speaker[block["enrol"]]] = True
            occurs[test_speaker[block["test"]]] = True
        number = np.cumsum(occurs) - 1
        enrol_speaker, test_speaker = number[enrol_speaker], number[test_speaker]
        scores = np.empty(self.split.num_trials)
        enrol, test = np.empty((2, self.split.num_trials), np.min_scalar_type(number[-1] + 1))
        start = 0
        for block in self.blocks():
            part = slice(start, start := start + len(block))
            scores[part], enrol[part], test[part] = block["score"], enrol_speaker[block["enrol"]], test_speaker[block["test"]]
        return scores, enrol, test

    def refuse_repeated_pairs(self, path: str) -> None:
        """Raise DataError with its line in the list `path` for the first pair that was there before.

        Pairs are compared as whole numbers, sorted a bucket at a time, so memory does not grow with the list.
        """
        num_buckets = -(-self.split.num_trials // BUCKET_TRIALS)
        repeated = np.concatenate([self._repeated(bucket, num_buckets) for bucket in range(num_buckets)])
        if not len(repeated):
            return
        seen: set[int] = set()
        lines_before = 0
        for block in self.blocks():
            pairs = self._pairs(block)
            for index in np.flatnonzero(np.isin(pairs, repeated)).tolist():
                pair = int(pairs[index])
                if pair in seen:
                    names = f"{self.enrol.keys[block['enrol'][index]]} {self.test.keys[block['test'][index]]}"
                    raise DataError(path, f"the pair {names} is given twice", lines_before + index + 1)
                seen.add(pair)
            lines_before += len(block)

    def _pairs(self, block: np.ndarray) -> np.ndarray:
        return block["enrol"].astype(np.int64) * len(self.test.keys) + block["test"]

    def _repeated(self, bucket: int, num_buckets: int) -> np.ndarray:
        """The pairs of one bucket that occur more than once."""
        pairs = np.concatenate([pairs[pairs % num_buckets == bucket] for pairs in map(self._pairs, self.blocks())])
        pairs.sort()
        return pairs[1:][pairs[1:] == pairs[:-1]]
