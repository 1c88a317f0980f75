"""Lips out of video as conf/lips.yaml makes them, ark writing included: how many times real time one core does.

Beside it, decoding alone, and the same with a face looked for in every picture. Real videos where there are some (--corpus: any folder with
.mp4, .mpg or .avi below it), else a drawn face of GRID's size. Processor time, since others may use the machine. Run:
python3 tests/bench/bench_lips.py --corpus /corpora/GRID
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "video"))
from drawn_videos import talking_face, write_video

from cortado.ark import ArkWriter
from cortado.config import load_config
from cortado.video import FaceRoi, LipsConfig, make_lips
from cortado.video.decode import read_pictures
from cortado.video.roi import Roi

CONFIG = load_config(LipsConfig, Path(__file__).resolve().parents[2] / "conf/lips.yaml")
SUFFIXES = (".mp4", ".mpg", ".avi")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="a folder of real videos")
    parser.add_argument("--num", type=int, default=20, help="how many clips, evenly chosen (default 20)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clips = choose_clips(args.corpus, args.num) if args.corpus else [write_clip(Path(folder))] * 5
        report(clips, "real" if args.corpus else "drawn", Path(folder))


def choose_clips(corpus: Path, num: int) -> list[Path]:
    found = sorted(path for path in corpus.rglob("*") if path.suffix in SUFFIXES)
    if not found:
        sys.exit(f"--corpus {corpus}: no {', '.join(SUFFIXES)} below it")
    return [found[number] for number in np.unique(np.linspace(0, len(found) - 1, num).round().astype(int))]


def write_clip(folder: Path) -> Path:
    pictures = talking_face(75, centre=(180, 140), width=130, shape=(288, 360))
    return write_video(folder / "clip.mp4", pictures, codec="libx264", sound=3.0)


def report(clips: list[Path], kind: str, folder: Path) -> None:
    seconds = sum(read_pictures(str(clip)).end for clip in clips)  # they are in the file cache now
    decoding = processor_seconds(lambda: [read_pictures(str(clip)) for clip in clips])
    ours = processor_seconds(lambda: write_lips(clips, CONFIG.build_roi(), folder))
    every = processor_seconds(lambda: write_lips(clips, FaceRoi(detect_every=1), folder))
    print(
        f"lips of {len(clips)} {kind} clips ({seconds:.0f} s): {seconds / ours:.1f} x real time, {25 * seconds / ours:.0f} frames/s a core; "
        f"decoding alone {seconds / decoding:.1f} x; {every / ours:.2f} times as fast as with a face looked for in every picture"
    )


def processor_seconds(work) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def write_lips(clips: list[Path], roi: Roi, folder: Path) -> None:
    with ArkWriter(folder / "lips.ark", folder / "lips.scp") as writer:
        for number, clip in enumerate(clips):
            lips = make_lips(str(clip), roi, CONFIG)
            if lips.frames is not None:
                writer.write(f"clip-{number}", lips.frames)


if __name__ == "__main__":
    main()
