"""Clips in the layout of the published flamenco motifs, made of noise, with what is wrong with those: copies, overlaps, a clip of two singers."""

from pathlib import Path
from uuid import UUID

import numpy as np
import soundfile

RATE = 22_050
SINGERS = ("AM", "EC", "EM", "JT", "TP")
SECONDS = {"AM": 0.29, "EC": 0.2, "EM": 0.2, "JT": 0.15, "TP": 0.2}  # of a singer's clips, at least
TAKES, CLIPS = 3, 4  # recordings of a singer, and clips of each that share nothing


class MotifTree:
    """Writes clips, numbered so that each has a uuid of its own."""

    def __init__(self, folder: Path):
        self.folder, self.number = folder, 0

    def add(self, singer: str, recording: str, samples: np.ndarray) -> None:
        self.number += 1
        name = f"{recording}_1-12-1-2{self.number % 3}_{UUID(int=self.number)}.wav"
        soundfile.write(self.folder / singer / name, samples, RATE, subtype="FLOAT")


def make_motif_tree(folder: Path) -> Path:
    """60 distinct clips of 3 recordings of each singer, and beside them:

    - of every singer, two copies under <recording>_intervals and one clip that overlaps with another
    - all four clips of JT's M1 once more as M9, and a clip of JT of 40 ms
    - one content under AM and under EC, and a clip of AM that overlaps with one of EC
    """
    tree, rng = MotifTree(folder), np.random.default_rng(0)
    clips = {}
    for number, singer in enumerate(SINGERS):
        (folder / singer).mkdir(parents=True)
        (folder / singer / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
        for take in range(TAKES):
            sound = voice(rng, 80 * 2 ** (number / 2), CLIPS)
            for clip in range(CLIPS):
                start = round(clip * 0.6 * RATE)
                samples = sound[start : start + round((SECONDS[singer] + 0.2 * rng.random()) * RATE)]
                clips[singer, take, clip] = samples
                tree.add(singer, f"M{number}{take}.txt", samples)
            if take == 0:
                tree.add(singer, f"M{number}{take}_intervals", clips[singer, 0, 0])
                tree.add(singer, f"M{number}{take}_intervals", clips[singer, 0, 1])
                tree.add(singer, f"M{number}{take}", sound[2000 : 2000 + round(0.3 * RATE)])
    for clip in range(CLIPS):
        tree.add("JT", "M99", clips["JT", 1, clip])
    tree.add("JT", "M30", clips["JT", 2, 0][: round(0.04 * RATE)] * np.float32(0.5))
    shared = voice(rng, 100, 1)
    for singer in ("AM", "EC"):
        tree.add(singer, "D7", shared[: round(0.4 * RATE)])
    tree.add("AM", "D8", shared[round(0.45 * RATE) : round(0.8 * RATE)])
    tree.add("EC", "D8", shared[round(0.6 * RATE) : round(0.95 * RATE)])
    return folder


def voice(rng: np.random.Generator, pitch: float, num_clips: int) -> np.ndarray:
    """Harmonics of a pitch in noise, (num_samples,) float32, 0.6 s for each clip and a little more."""
    time = np.arange(round((0.6 * num_clips + 0.5) * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * pitch * (1 + 0.01 * rng.random()) * harmonic * time) / harmonic for harmonic in range(1, 8))
    return (0.05 * tone + 0.02 * rng.standard_normal(len(time))).astype(np.float32)
