#!/usr/bin/env python3
"""Log posteriors of mouth clips from a trained lip reader: one job of steps/compute_posteriors.sh.

usage: compute_posteriors.py [options] <model> <data-dir> <out>

Writes <out>.ark and <out>.scp: for each clip of lips.scp a float32 matrix of natural log posteriors, a row for each output of the
network (upsample x frames of the clip) and a column for each class.

Clips are batched by length over the whole data directory and the batches dealt out to the jobs, so the values do not depend, to the
last bit, on the number of jobs. A clip longer than --max-frames is computed in chunks that overlap, with a warning.

  compute_posteriors.py --job 2 --num-jobs 4 exp/stires3d/final.pt data/test exp/stires3d/post_test/post.2of4
"""

import sys
from pathlib import Path

from cortado.ark import ArkWriter
from cortado.command import add_job_options, make_parser, progress, run, share_of
from cortado.datadir import DataDir
from cortado.errors import ConfigError
from cortado.feats.batches import plan_batches
from cortado.train.lip_clips import LipClips
from cortado.train.lip_model import load_lip_reader
from cortado.train.lip_posteriors import LipReader, chunk_starts


def warn_of_long_clip(utterance: str, num_frames: int, max_frames: int) -> None:
    chunks = len(chunk_starts(num_frames, max_frames))
    print(
        f"utterance {utterance}: {num_frames} frames are more than --max-frames {max_frames}, so it is read in {chunks} chunks",
        file=sys.stderr,
    )


def main() -> None:
    parser = make_parser(__doc__)
    add_job_options(parser)
    parser.add_argument(
        "--max-frames", type=int, help="frames at a time, with padding; bounds memory (default 1000 on a CPU, 4000 on a GPU)"
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    parser.add_argument("model", type=Path)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("out", help="path of the outputs, without their suffixes")
    args = parser.parse_args()
    if args.max_frames is not None and args.max_frames < 1:
        raise ConfigError(f"--max-frames is {args.max_frames}, but must be at least 1")
    network, config = load_lip_reader(args.model, args.device)
    reader, clips = LipReader(network, config.pixels), LipClips(DataDir(args.data_dir))
    index_of = {utterance: index for index, utterance in enumerate(clips.utterances)}
    num_frames = dict(zip(clips.utterances, clips.num_frames.tolist(), strict=True))
    max_frames = args.max_frames or (1000 if args.device == "cpu" else 4000)
    mine = share_of(plan_batches(num_frames, max_frames), args)
    with ArkWriter(f"{args.out}.ark", f"{args.out}.scp") as out:
        for utterances in progress(mine, len(mine), "batches"):
            indices = [index_of[utterance] for utterance in utterances]
            if num_frames[utterances[0]] > max_frames:
                warn_of_long_clip(utterances[0], num_frames[utterances[0]], max_frames)
                posteriors = [reader.read_in_chunks(clips, indices[0], max_frames)]
            else:
                posteriors = reader.read(clips, indices)
            for utterance, matrix in zip(utterances, posteriors, strict=True):
                out.write(utterance, matrix)
    print(f"log posteriors of {sum(map(len, mine))} clips, {network.num_classes} classes, in {args.out}.ark")


if __name__ == "__main__":
    run(main)
