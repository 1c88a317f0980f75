#!/usr/bin/env python3
"""Training's loader on 1.2 million utterances in 200 GB of arks: time to start, memory, crops a second.

    . ./path.sh; tests/bench/bench_loader_scale.py                    # about a minute, half a gigabyte of disk

The arks are simulated: 100 sparse files of 2 GB, in which one utterance in 100 has its header at its place and zeros, which
take no disk, for its frames. The tables are real, with a line for every utterance, and so is all that reads them. Crops are
drawn from the utterances with headers, over the whole 200 GB. What is not simulated is the disk: reads of zeros cost none.

Prints, of a process of its own: seconds to build the task (crops, labels, network) and to identify its data; resident memory
then, after the order of one epoch and after those of ten; crops a second from all arks at random. Peers: kaldiio's load_scp for
the start and the memory; for the crops, os.pread of as many bytes at as random places from files that are open, the least there is.
"""

import argparse
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SPEAKERS, NUM_ARKS, DIM, EVERY = 5994, 100, 80, 100
FRAMES = (396, 646)  # of an utterance: 521 on average make 200 GB
CROP, NUM_CROPS, EPOCHS = 200, 20_000, 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num-utts", type=int, default=1_200_000)
    parser.add_argument("--folder", help="where a temporary folder is made (default: $TMPDIR)")
    parser.add_argument("--measure", choices=("ours", "kaldiio"), help=argparse.SUPPRESS)  # in a process of its own
    args = parser.parse_args()
    if args.measure:
        print(json.dumps({"ours": measure_ours, "kaldiio": measure_kaldiio}[args.measure](Path(args.folder))))
        return
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        num_bytes = write_data(Path(name), args.num_utts)
        ours, peer = (run_measure(Path(name), what) for what in ("ours", "kaldiio"))
    memory = {name: ours[name] - ours["imports"] for name in ("ready", "one_epoch", "epochs", "peak")}
    print(
        f"loader of {args.num_utts:,} utterances in {num_bytes / 1e9:.0f} GB of arks: ready after {ours['start']:.1f} s "
        f"({ours['start'] / peer['start']:.1f} of load_scp alone) and {ours['identify']:.1f} s to identify the data; "
        f"memory above that of the imports: {memory['ready']:.2f} GB (load_scp {peer['ready'] - peer['imports']:.2f}), "
        f"after one epoch's order {memory['one_epoch']:.2f}, after {EPOCHS} {memory['epochs']:.2f}, at most {memory['peak']:.2f}; "
        f"{ours['crops_a_second']:,.0f} crops/s from {ours['open_files']:.0f} open arks, "
        f"{ours['crops_a_second'] / ours['preads_a_second']:.2f} of bare preads"
    )


def run_measure(folder: Path, what: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--folder", str(folder), "--measure", what]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def write_data(folder: Path, num_utts: int) -> int:
    """A data directory and its sparse arks; the bytes of the arks."""
    rng = np.random.default_rng(0)
    num_frames = rng.integers(*FRAMES, num_utts, endpoint=True)
    names = ("utt2spk", "utt2num_frames", "feats.scp", "feats.md5")
    tables = {name: open(folder / name, "w", encoding="ascii") for name in names}  # noqa: SIM115
    total = 0
    for number, part in enumerate(np.array_split(np.arange(num_utts), NUM_ARKS), 1):
        path, offset = folder / f"feats.{number}.ark", 0
        with open(path, "wb") as ark:
            for i in part.tolist():
                speaker = f"id{i * SPEAKERS // num_utts:05d}"
                utt = f"{speaker}-{i // 8:011x}-{i % 8:05d}"
                offset += len(utt) + 1
                if i % EVERY == 0:
                    ark.seek(offset)
                    ark.write(b"\0BFM " + struct.pack("<bibi", 4, num_frames[i], 4, DIM))
                tables["utt2spk"].write(f"{utt} {speaker}\n")
                tables["utt2num_frames"].write(f"{utt} {num_frames[i]}\n")
                tables["feats.scp"].write(f"{utt} {path}:{offset}\n")
                tables["feats.md5"].write(f"{utt} {i:032x}\n")
                offset += 15 + int(num_frames[i]) * DIM * 4
            ark.truncate(offset)
        total += offset
    for table in tables.values():
        table.close()
    return total


def resident() -> float:
    """GB of this process now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 1e9


def measure_ours(folder: Path) -> dict[str, float]:
    from cortado.config import load_config
    from cortado.datadir import DataDir
    from cortado.train.crops import fingerprint
    from cortado.train.speaker import SpeakerConfig, SpeakerTask

    config = load_config(SpeakerConfig, ROOT / "egs/librispeech/sv/conf/resnet.yaml", [])
    found = {"imports": resident()}
    start = time.perf_counter()
    task = SpeakerTask(config, DataDir(folder), seed=0)
    found["start"], found["ready"] = time.perf_counter() - start, resident()
    start = time.perf_counter()
    fingerprint(task.crops)
    found["identify"] = time.perf_counter() - start
    for epoch in range(EPOCHS):
        task.order.order(epoch)
        found["one_epoch" if epoch == 0 else "epochs"] = resident()
    found["crops_a_second"], found["preads_a_second"] = crops_a_second(task.crops, folder)
    found["open_files"] = sum(str(entry.readlink()).endswith(".ark") for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink())
    found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return found


def crops_a_second(crops, folder: Path) -> tuple[float, float]:
    """Of the loader, and of bare reads of the same bytes; the two take turns."""
    rng = np.random.default_rng(0)
    picked = rng.integers(0, len(crops.num_frames) // EVERY, NUM_CROPS) * EVERY
    starts = rng.integers(0, crops.num_frames[picked] - CROP + 1)
    places = [line.split()[1].rsplit(":", 1) for line in (folder / "feats.scp").read_text(encoding="ascii").splitlines()[::EVERY]]
    files = {path: os.open(path, os.O_RDONLY) for path in {path for path, _ in places}}
    ours = theirs = 0.0
    for index, first in zip(picked.tolist(), starts.tolist(), strict=True):
        begun = time.perf_counter()
        crop = crops.read(index, first, first + CROP, rng)
        ours += time.perf_counter() - begun
        path, offset = places[(index // EVERY + 1) % len(places)]  # of the next utterance: these bytes are in memory now
        begun = time.perf_counter()
        data = os.pread(files[path], CROP * DIM * 4, int(offset) + 15 + first * DIM * 4)
        theirs += time.perf_counter() - begun
        assert crop.shape == (CROP, DIM) and len(data) == crop.nbytes
    for descriptor in files.values():
        os.close(descriptor)
    return NUM_CROPS / ours, NUM_CROPS / theirs


def measure_kaldiio(folder: Path) -> dict[str, float]:
    import kaldiio

    found = {"imports": resident()}
    start = time.perf_counter()
    table = kaldiio.load_scp(str(folder / "feats.scp"))
    return found | {"start": time.perf_counter() - start, "ready": resident(), "utterances": len(table)}


if __name__ == "__main__":
    main()
