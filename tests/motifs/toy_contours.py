"""Contours and data directories of phrases whose symbols are given."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import soundfile

from cortado.ark import ArkWriter
from cortado.datadir import utt2spk_to_spk2utt, write_table
from cortado.motifs.contour import FRAME_SHIFT
from cortado.motifs.corpus import Contours

SEGMENT, GAP = 30, 20  # frames of a segment, and between phrases
RATE = 8000

Phrases = Sequence[Sequence[int]]


def contour(phrases: Phrases) -> np.ndarray:
    """(num_segments, 4) float32: a phrase of n symbols is n + 1 segments; the first begins at frame GAP."""
    rows, frame = [], 0
    for phrase in phrases:
        frame += GAP
        for symbol in (0, *phrase):
            rows.append((frame, frame + SEGMENT, 1200.0, symbol))
            frame += SEGMENT
    return np.array(rows, np.float32).reshape(-1, 4)


def flat(phrases: Phrases, unit_of_phrase: Sequence[int] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Symbols, 0 in front of each phrase, and the unit of each: by default the phrase."""
    units = range(len(phrases)) if unit_of_phrase is None else unit_of_phrase
    symbols = [symbol for phrase in phrases for symbol in (0, *phrase)]
    return np.array(symbols, np.int64), np.array(
        [unit for phrase, unit in zip(phrases, units, strict=True) for _ in (0, *phrase)], np.int64
    )


def contours(recordings: Mapping[str, Phrases]) -> Contours:
    """Of recordings named singer-something, in order."""
    matrices = [contour(phrases) for phrases in recordings.values()]
    columns = np.concatenate(matrices).astype(np.int32).T
    numbers = np.repeat(np.arange(len(matrices), dtype=np.int32), [len(matrix) for matrix in matrices])
    singers = [name.partition("-")[0] for name in recordings]
    return Contours(list(recordings), singers, numbers, *(columns[column].copy() for column in (0, 1, 3)))


def write_data_dir(folder: Path, recordings: Mapping[str, Phrases]) -> None:
    """A data directory of silent recordings, which end GAP frames behind the last segment."""
    folder.mkdir(parents=True)
    utt2spk = {name: name.partition("-")[0] for name in recordings}
    with ArkWriter(folder / "contour.ark", folder / "contour.scp") as writer:
        for name, phrases in sorted(recordings.items()):
            matrix = contour(phrases)
            writer.write(name, matrix)
            soundfile.write(folder / f"{name}.wav", np.zeros(round((matrix[-1, 1] + GAP) * FRAME_SHIFT * RATE)), RATE)
    write_table(folder / "wav.scp", {name: folder / f"{name}.wav" for name in recordings})
    write_table(folder / "utt2spk", utt2spk)
    write_table(folder / "spk2utt", {singer: " ".join(names) for singer, names in utt2spk_to_spk2utt(utt2spk).items()})
