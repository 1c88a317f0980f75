"""Speed of cortado.ark beside kaldiio in the same process, on files in memory: python tests/bench/bench_ark_io.py

Prints one line: for writing (200 matrices of 1000 x 80), reading them front to back, and reading alignments (2000 int vectors),
how many times faster than kaldiio; for 2-second parts of hour-long matrices, how many times faster than reading them whole.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import kaldiio
import numpy as np

from cortado import ark


def fastest(*calls: Callable[[], object], rounds: int = 15) -> list[float]:
    """CPU seconds of the fastest of `rounds` runs of each call; the calls take turns, so that a noisy moment hits all of them."""
    times = [[] for _ in calls]
    for _ in range(rounds):
        for call, seconds in zip(calls, times, strict=True):
            start = time.process_time()
            call()
            seconds.append(time.process_time() - start)
    return [min(seconds) for seconds in times]


def write_ours(folder: Path, table: dict[str, np.ndarray]) -> None:
    (folder / "ours.ark").unlink(missing_ok=True)  # otherwise two arks would lie in memory at once
    with ark.ArkWriter(folder / "ours.ark", folder / "ours.scp") as writer:
        for key, array in table.items():
            writer.write(key, array)


def write_kaldiio(folder: Path, table: dict[str, np.ndarray]) -> None:
    kaldiio.save_ark(str(folder / "kaldiio.ark"), table, scp=str(folder / "kaldiio.scp"))


def exhaust(items) -> int:
    return sum(1 for _ in items)


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    rng = np.random.default_rng(0)
    feats = {f"1272-128104-{i:04d}": rng.standard_normal((1000, 80), dtype=np.float32) for i in range(200)}
    alignments = {f"1272-128104-{i:04d}": rng.integers(0, 3000, 500, dtype=np.int32) for i in range(2000)}
    in_memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=in_memory) as name:  # a disk would drown the difference, and ours syncs where kaldiio does not
        folder = Path(name)
        ours, theirs = fastest(lambda: write_ours(folder, feats), lambda: write_kaldiio(folder, feats), rounds=15)
        line = f"write {theirs / ours:.2f}x kaldiio"
        path = str(folder / "ours.ark")
        ours, theirs = fastest(lambda: exhaust(ark.open_table(path)), lambda: exhaust(kaldiio.load_ark(path)))
        line += f"; read {theirs / ours:.2f}x kaldiio ({200 * 320e3 / ours / 1e9:.1f} GB/s)"
        scp = ark.read_scp(folder / "ours.scp")
        keys = rng.permutation(list(scp))
        lazy = kaldiio.load_scp(str(folder / "ours.scp"))
        ours, theirs = fastest(lambda: exhaust(ark.read(scp[key]) for key in keys), lambda: exhaust(lazy[key] for key in keys))
        line += f"; read at random {theirs / ours:.2f}x kaldiio"
        write_ours(folder, alignments)
        ours, theirs = fastest(lambda: exhaust(ark.open_table(path)), lambda: exhaust(kaldiio.load_ark(path)), rounds=3)
        line += f"; int vectors {theirs / ours:.0f}x kaldiio"
        for compress in (False, True):
            with ark.ArkWriter(folder / "hour.ark", compress=compress) as writer:
                writer.write("hour", rng.standard_normal((360000, 80), dtype=np.float32))
            hour = f"{folder}/hour.ark:5"
            part, whole = fastest(lambda hour=hour: ark.read_part(hour, 180000, 180200), lambda hour=hour: ark.read(hour), rounds=5)
            line += f"; 2 s of an hour{', compressed' if compress else ''}: {part * 1e6:.0f} us, whole {whole / part:.0f}x"
    print(line)


if __name__ == "__main__":
    main()
