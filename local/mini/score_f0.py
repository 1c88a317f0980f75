#!/usr/bin/env python3
"""Hold the f0 of recordings against their exact pitch: f0.scp against f0_reference.scp of a data directory.

Writes a table of three measures (as MIREX defines them; Poliner et al., "Melody transcription from music audio", 2007):
  raw pitch accuracy   of the frames that are voiced, the share whose f0 is less than 50 cents away
  voicing recall       of the frames that are voiced, the share that has an f0
  voicing false alarm  of the frames that are not, the share that has one

Example: local/mini/score_f0.py data/recordings data/recordings/f0_accuracy
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortado.ark import open_table
from cortado.command import make_parser, run
from cortado.errors import DataError
from cortado.files import atomic_write

TOLERANCE = 50.0  # cents


@dataclass(frozen=True)
class PitchCounts:
    """Numbers of frames."""

    voiced: int = 0
    right: int = 0  # voiced, and the pitch is right
    found: int = 0  # voiced, and there is a pitch
    unvoiced: int = 0
    false: int = 0  # unvoiced, and there is a pitch

    def __add__(self, other: "PitchCounts") -> "PitchCounts":
        return PitchCounts(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    def measures(self) -> tuple[float, float, float]:
        """Raw pitch accuracy, voicing recall, voicing false alarm, from 0 to 1."""
        return self.right / max(self.voiced, 1), self.found / max(self.voiced, 1), self.false / max(self.unvoiced, 1)


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("data", type=Path, help="the data directory")
    parser.add_argument("out", type=Path, help="the table, in Markdown")
    args = parser.parse_args()
    references = dict(open_table(args.data / "f0_reference.scp"))
    counts = {}
    for recording, f0 in open_table(args.data / "f0.scp"):
        if recording not in references:
            raise DataError(args.data / "f0_reference.scp", f"has no recording {recording}, which f0.scp has")
        counts[recording] = compare(recording, references[recording], f0)
    write_table(counts, args.out)
    accuracy, recall, false_alarm = sum(counts.values(), PitchCounts()).measures()
    print(f"f0 of {len(counts)} recordings: raw pitch accuracy {accuracy:.2%}, voicing recall {recall:.2%}, false alarm {false_alarm:.2%}")


def compare(recording: str, reference: np.ndarray, f0: np.ndarray) -> PitchCounts:
    """Both (num_frames,) Hz with one hop, 0 where unvoiced; one may have a frame more. Raises DataError for other lengths."""
    num_frames = min(len(reference), len(f0))
    if max(len(reference), len(f0)) - num_frames > 1:
        raise DataError(recording, f"has {len(f0)} frames of f0, its reference {len(reference)}")
    reference, f0 = reference[:num_frames], f0[:num_frames]
    voiced, given = reference > 0, f0 > 0
    both = voiced & given
    cents = 1200 * np.abs(np.log2(f0[both] / reference[both]))
    return PitchCounts(
        int(voiced.sum()), int((cents < TOLERANCE).sum()), int(both.sum()), int((~voiced).sum()), int((given & ~voiced).sum())
    )


def write_table(counts: dict[str, PitchCounts], out: Path) -> None:
    """A row for all, and one for each recording."""
    lines = ["| recording | raw pitch accuracy % | voicing recall % | voicing false alarm % |\n", "|---|---|---|---|\n"]
    for name, count in ({"all": sum(counts.values(), PitchCounts())} | counts).items():
        lines.append(f"| {name} | {' | '.join(f'{100 * value:.2f}' for value in count.measures())} |\n")
    with atomic_write(out) as handle:
        handle.writelines(lines)


if __name__ == "__main__":
    run(main)
