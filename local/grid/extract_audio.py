#!/usr/bin/env python3
"""Write the sound of GRID's clips as 16-bit WAV at 16 kHz: one job of local/grid/prepare_asr.sh, which takes every N-th clip.

Sound begins with the first picture. <out>.clips says of each clip of the job "ok" or what is wrong with it: a broken stream, no sound,
sound shorter than the pictures or than the words, words that are not those of the name; with --pictures true also grey pictures.

Example: local/grid/extract_audio.py --corpus GRID --job 1 --num-jobs 4 data/wav data/local/grid.1of4
"""

from pathlib import Path

from clip import find_picture_fault
from grid import Clip, find_clips, read_words

from cortado.command import add_job_options, make_parser, progress, run, share_of
from cortado.datadir import write_table
from cortado.errors import DataError
from cortado.video.sound import TOLERANCE, read_sound, write_wav

SAMPLE_RATE = 16000


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="the GRID tree")
    parser.add_argument("--pictures", choices=("true", "false"), default="false", help="decode the pictures too (default false)")
    add_job_options(parser)
    parser.add_argument("wav_dir", type=Path, metavar="wav-dir")
    parser.add_argument("out", help="path of the list, without its suffix")
    args = parser.parse_args()
    mine = share_of(find_clips(args.corpus), args)
    states = {clip.name: extract(clip, args.wav_dir, args.pictures == "true") for clip in progress(mine, len(mine), "clips")}
    write_table(f"{args.out}.clips", states)


def extract(clip: Clip, wav_dir: Path, with_pictures: bool) -> str:
    """Write the WAV of a clip; "ok", or why it cannot be used."""
    try:
        samples = read_sound(clip.video, SAMPLE_RATE)
        last = read_words(clip.align, clip.sentence)[-1]
        if last.end > len(samples) / SAMPLE_RATE + TOLERANCE:
            raise DataError(clip.align, f"{last.label} ends at {last.end:.2f} s, the sound at {len(samples) / SAMPLE_RATE:.2f} s")
    except DataError as error:
        return str(error)
    fault = find_picture_fault(clip.video) if with_pictures else None
    if fault:
        return f"{clip.video}: {fault}"
    write_wav(wav_dir / clip.talker / f"{clip.name}.wav", samples, SAMPLE_RATE)
    return "ok"


if __name__ == "__main__":
    run(main)
