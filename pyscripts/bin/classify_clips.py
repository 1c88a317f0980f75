#!/usr/bin/env python3
"""Whose clips these are: log posteriors of the training speakers from a trained model. One job of steps/classify_clips.sh.

usage: classify_clips.py [options] <model> <data-dir> <out>

Writes <out>.ark and <out>.scp, for each line of feats.scp a float32 vector of natural log posteriors, and <out>.classes, the speakers,
one a line, in the order of the vectors' values. The model's loss must classify (softmax and its kin). Clips are taken whole, of any
length; utt2num_frames gives the lengths.

Clips are batched by length over the whole data directory and the batches dealt out to the jobs, so the values do not depend, to the
last bit, on the number of jobs.

  classify_clips.py --job 2 --num-jobs 4 exp/crnn/final.pt data/test exp/crnn/test/posteriors.2of4
"""

from pathlib import Path

import torch

from cortado.ark import ArkWriter
from cortado.command import add_job_options, make_parser, progress, run, share_of
from cortado.datadir import DataDir
from cortado.datadir.lengths import read_lengths
from cortado.errors import CortadoError
from cortado.feats.batches import plan_batches, read_batch
from cortado.files import atomic_write
from cortado.train.model_file import load_classifier


def main() -> None:
    parser = make_parser(__doc__)
    add_job_options(parser)
    parser.add_argument("--frames-per-batch", type=int, help="with padding; bounds memory (default 5000 on a CPU, 20000 on a GPU)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    parser.add_argument("model", type=Path)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("out", help="path of the outputs, without their suffixes")
    args = parser.parse_args()
    classifier, data_dir = load_classifier(args.model, args.device), DataDir(args.data_dir)
    feats_scp = data_dir.feats_scp
    num_frames = dict(zip(feats_scp, map(int, read_lengths(data_dir, "utt2num_frames", feats_scp)), strict=True))
    mine = share_of(plan_batches(num_frames, args.frames_per_batch or (5000 if args.device == "cpu" else 20000)), args)
    with torch.inference_mode(), ArkWriter(f"{args.out}.ark", f"{args.out}.scp") as out:
        for clips in progress(mine, len(mine), "batches"):
            features, lengths = read_batch(clips, feats_scp, classifier.feat_dim)
            try:
                posteriors = classifier.log_posteriors(features.to(args.device), lengths.to(args.device)).cpu().numpy()
            except CortadoError as error:  # only a too short one is left to refuse, and the first is the shortest
                raise CortadoError(f"utterance {clips[0]}: {error}") from None
            for clip, vector in zip(clips, posteriors, strict=True):
                out.write(clip, vector)
    with atomic_write(f"{args.out}.classes") as out:
        out.writelines(f"{speaker}\n" for speaker in classifier.speakers)
    print(f"log posteriors of {len(classifier.speakers)} speakers for {sum(map(len, mine))} clips in {args.out}.ark")


if __name__ == "__main__":
    run(main)
