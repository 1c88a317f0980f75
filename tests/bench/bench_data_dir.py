#!/usr/bin/env python3
"""The commands on a data directory of the size of VoxCeleb2's dev part, beside coreutils sort on the same files.

    . ./path.sh; tests/bench/bench_data_dir.py                    # 1.2 million utterances, half a gigabyte of tables, about 3 minutes
    tests/bench/bench_data_dir.py --num-utts 300000 --folder /tmp

Each command runs in a process of its own on generated tables: utt2spk, spk2utt, wav.scp (pipes), utt2dur, utt2num_frames and
feats.scp. One line a command: seconds on the clock and of CPU, largest memory, files written, and the ratio of the clock to
that of `LC_ALL=C sort`, run just before on the same tables one after another: a program in C that reads and writes the same bytes.
"""

import argparse
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SPEAKERS, UTTERANCES_PER_VIDEO, NUM_ARKS, SPLIT = 5994, 8, 100, 100
FRAME_BYTES = 320  # of 80 float32
ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class Cost(NamedTuple):
    """What a process took."""

    seconds: float
    cpu_seconds: float
    gigabytes: float  # resident, at most


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num-utts", type=int, default=1_200_000)
    parser.add_argument("--folder", help="where a temporary folder is made (default: $TMPDIR)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        for line in bench(Path(name), args.num_utts):
            print(line, flush=True)


def bench(folder: Path, num_utts: int) -> Iterator[str]:
    """One line a command."""
    good, bad, shuffled, odd, even = (folder / name for name in ("good", "bad", "shuffled", "odd", "even"))
    write_tables(good, num_utts)
    derive(good, bad, damaged)
    derive(good, shuffled, lambda lines: random.Random(0).sample(lines, len(lines)))
    derive(good, odd, lambda lines: lines[1::2])
    derive(good, even, lambda lines: lines[::2])
    num_bytes = sum(path.stat().st_size for path in good.iterdir())
    yield f"{num_utts:,} utterances, {num_bytes / 1e6:.0f} MB in {len(list(good.iterdir()))} tables"
    for words, what, tables in (
        (["validate_data_dir.sh", "--no-text", good], "", good),
        (["fix_data_dir.sh", good], "valid", good),
        (["fix_data_dir.sh", bad], "1% of the lines bad or missing, every table changes", bad),
        (["sort_data_dir.sh", shuffled], "shuffled tables", shuffled),
        (["split_data.sh", good, SPLIT], "", good),
        (["split_data.sh", good, SPLIT], "there already", good),
        (["combine_data.sh", folder / "union", odd, even], "two halves, line by line", good),
        (["copy_data_dir.sh", "--utt-prefix", "sp0.9-", "--spk-prefix", "sp0.9-", good, folder / "copy"], "new names", good),
        (["subset_data_dir.sh", good, num_utts // 10, folder / "subset"], "a tenth", good),
    ):
        sort = sort_tables(tables, folder / "sorted")
        files_before = num_files(folder)
        cost = measure(["bash", ROOT / "utils" / words[0], *words[1:]])
        command = words[0] + (f" ({what})" if what else "")
        yield (
            f"{command}: {cost.seconds:.1f} s, {cost.cpu_seconds:.1f} s of CPU, {cost.gigabytes:.2f} GB, "
            f"{num_files(folder) - files_before} new files; {cost.seconds / sort.seconds:.2f} of sort's {sort.seconds:.1f} s"
        )


def write_tables(folder: Path, num_utts: int) -> None:
    """A valid data directory whose names look like VoxCeleb2's. Line by line: what this process holds would count as its children's."""
    folder.mkdir()
    rng = random.Random(0)
    offset = 0
    names = ("utt2spk", "wav.scp", "utt2dur", "utt2num_frames", "feats.scp")
    files = {name: open(folder / name, "w", encoding="ascii") for name in names}  # noqa: SIM115
    with open(folder / "spk2utt", "w", encoding="ascii") as spk2utt:
        for number, (speaker, utts) in enumerate(utterances_by_speaker(rng, num_utts)):
            spk2utt.write(f"{speaker} {' '.join(utts)}\n")
            for utt in utts:
                num_frames = rng.randint(396, 2000)
                audio = "/corpora/voxceleb2/dev/aac/" + "/".join((utt[:7], utt[8:19], utt[20:]))
                files["utt2spk"].write(f"{utt} {speaker}\n")
                files["wav.scp"].write(f"{utt} ffmpeg -v 8 -i {audio}.m4a -f wav -acodec pcm_s16le - |\n")
                files["utt2dur"].write(f"{utt} {num_frames / 100 + 0.015:.3f}\n")
                files["utt2num_frames"].write(f"{utt} {num_frames}\n")
                files["feats.scp"].write(
                    f"{utt} exp/voxceleb2/feats/feats.{number * NUM_ARKS // SPEAKERS + 1}.ark:{offset + len(utt) + 1}\n"
                )
                offset += len(utt) + 16 + num_frames * FRAME_BYTES
    for file in files.values():
        file.close()


def utterances_by_speaker(rng: random.Random, num_utts: int) -> Iterator[tuple[str, list[str]]]:
    """(speaker, its utterances), sorted, as many to each speaker as to the others."""
    for number in range(SPEAKERS):
        count = num_utts * (number + 1) // SPEAKERS - num_utts * number // SPEAKERS
        videos = sorted("".join(rng.choices(ID_LETTERS, k=11)) for _ in range(-(-count // UTTERANCES_PER_VIDEO)))
        utts = [f"id{number:05d}-{video}-{i:05d}" for video in videos for i in range(1, UTTERANCES_PER_VIDEO + 1)]
        yield f"id{number:05d}", utts[:count]


def derive(source: Path, target: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """A copy of the tables with `change` made to the lines of each; in a process of its own, which takes its memory with it.

    Halves and bad copies get a spk2utt that does not fit; the commands that they are for make it anew.
    """
    process = multiprocessing.get_context("fork").Process(target=copy_changed, args=(source, target, change))
    process.start()
    process.join()


def copy_changed(source: Path, target: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    target.mkdir()
    for path in source.iterdir():
        (target / path.name).write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def damaged(lines: list[bytes]) -> list[bytes]:
    """Of every 400 lines one is cut off, one is twice there, one is missing, and one ends as Windows ends it."""
    lines = [line for i, line in enumerate(lines) if i % 400 != 7]
    lines[0::400] = [line.split()[0] + b"\n" for line in lines[0::400]]
    lines[100::400] = [line + line for line in lines[100::400]]
    lines[200::400] = [line.replace(b"\n", b"\r\n") for line in lines[200::400]]
    return lines


def sort_tables(source: Path, target: Path) -> Cost:
    target.mkdir(exist_ok=True)
    script = 'for table in "$1"/*; do [ ! -f "$table" ] || LC_ALL=C sort -o "$2/${table##*/}" "$table"; done; sync "$2"/*'
    return measure(["bash", "-c", script, "sort", source, target])


def measure(words: list) -> Cost:
    os.sync()  # what was written before is not this command's to wait for
    start = time.perf_counter()
    process = subprocess.Popen(list(map(str, words)), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        sys.exit(f"{' '.join(map(str, words))} failed")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6)


def num_files(folder: Path) -> int:
    return sum(len(files) + len(folders) for _, folders, files in os.walk(folder))


if __name__ == "__main__":
    main()
