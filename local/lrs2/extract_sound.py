#!/usr/bin/env python3
"""Write the sound of LRS2's clips as 16-bit WAV at 16 kHz: one job of local/lrs2/prepare_vsr.sh, which takes every N-th clip.

Sound begins with the first picture. <out>.clips says of each clip of the job "ok" and how many seconds its sound lasts, or what is wrong
with it: a broken stream, no sound, sound shorter than the pictures, no transcript, or, in the pretrain set, times of words that do not
go with it.

Example: local/lrs2/extract_sound.py --corpus mvlrs_v1 --sets "train val test" --job 1 --num-jobs 4 data/wav data/local/lrs2.1of4
"""

from pathlib import Path

from lrs2 import Clip, find_corpus, read_clips, read_word_times, read_words

from cortado.command import add_job_options, make_parser, progress, run, share_of
from cortado.datadir import write_table
from cortado.errors import DataError
from cortado.video.sound import TOLERANCE, read_sound, write_wav

SAMPLE_RATE = 16000


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="mvlrs_v1, or the folder that holds it")
    parser.add_argument("--lists-dir", type=Path, metavar="DIR", help="folder of train.txt and the other lists (default: the corpus)")
    parser.add_argument("--sets", required=True, metavar="'A B'", help="of pretrain train val test")
    add_job_options(parser)
    parser.add_argument("wav_dir", type=Path, metavar="wav-dir")
    parser.add_argument("out", help="path of the list, without its suffix")
    args = parser.parse_args()
    corpus = find_corpus(args.corpus)
    clips = [(clip, subset) for subset in args.sets.split() for clip in read_clips(corpus, args.lists_dir or corpus, subset)]
    mine = share_of(clips, args)
    states = {clip.name: extract(clip, subset, args.wav_dir) for clip, subset in progress(mine, len(mine), "clips")}
    write_table(f"{args.out}.clips", states)


def extract(clip: Clip, subset: str, wav_dir: Path) -> str:
    """Write the WAV of a clip; "ok" and its seconds, or why it cannot be used."""
    try:
        samples = read_sound(clip.video, SAMPLE_RATE)
        duration = len(samples) / SAMPLE_RATE
        if subset == "pretrain":
            last = read_word_times(clip.transcript)[-1]
            if last.end > duration + TOLERANCE:
                raise DataError(clip.transcript, f"{last.label} ends at {last.end:.2f} s, the sound at {duration:.2f} s")
        else:
            read_words(clip.transcript)
    except DataError as error:
        return str(error)
    write_wav(wav_dir / clip.source / f"{clip.name}.wav", samples, SAMPLE_RATE)
    return f"ok {duration:.3f}"


if __name__ == "__main__":
    run(main)
