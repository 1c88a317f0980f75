#!/usr/bin/env python3
"""The i-vectors of utterances: one job of steps/extract_ivectors.sh.

usage: extract_ivectors.py [options] <model> <data-dir> <out>

Writes <out>.ark and <out>.scp: one vector for each line of feats.scp. Utterances without any speech frame have none: they are
named and counted, and if more of this job's are such than --allow-missing, the command ends with status 1 and writes nothing.

Batches of utterances are planned over the whole data directory and dealt out to the jobs, so the vectors do not depend, to the
last bit, on the number of jobs.

  extract_ivectors.py --job 2 --num-jobs 4 exp/ivector/final.pt data/test exp/ivector/test/embeddings.2of4
"""

import sys
from pathlib import Path

import torch

from cortado.ark import ArkWriter
from cortado.command import add_job_options, make_parser, progress, run, share_of
from cortado.datadir import DataDir
from cortado.errors import CortadoError
from cortado.ivector.baum_welch import BaumWelch
from cortado.ivector.extractor import BATCH
from cortado.ivector.frames import SpeechFrames, refuse_too_many
from cortado.ivector.model_file import IvectorModel, load_model


def open_frames(model: IvectorModel, data_dir: DataDir) -> SpeechFrames:
    """The data directory through the model's front end. Raises CortadoError for features of another dimension."""
    frames = SpeechFrames(data_dir, model.config.front_end)
    if frames.feat_dim != model.feat_dim:
        raise CortadoError(
            f"utterance {frames.utterances[0]}: features have {frames.feat_dim} columns, the model was trained on {model.feat_dim}"
        )
    return frames


def main() -> None:
    parser = make_parser(__doc__)
    add_job_options(parser)
    parser.add_argument("--allow-missing", type=int, default=0, metavar="N", help="utterances without speech to go on without (default 0)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    parser.add_argument("--num-threads", type=int, default=1, help="threads of the arithmetic on the CPU (default 1)")
    parser.add_argument("model", type=Path)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("out", help="path of the outputs, without their suffixes")
    args = parser.parse_args()
    torch.set_num_threads(args.num_threads)
    device = torch.device(args.device)
    model = load_model(args.model)
    frames = open_frames(model, DataDir(args.data_dir))
    statistics, extractor = BaumWelch(model.ubm.to(device)), model.extractor.to(device)
    products = extractor.products()
    batches = [frames.utterances[start : start + BATCH] for start in range(0, len(frames.utterances), BATCH)]
    mine = share_of(batches, args)
    num_done = num_silent = 0
    with ArkWriter(f"{args.out}.ark", f"{args.out}.scp") as out:
        for utterances in progress(mine, len(mine), "batches"):
            speech = {utterance: found for utterance in utterances if len(found := frames.read(utterance))}
            for utterance in utterances:
                if utterance not in speech:
                    print(f"no speech: utterance {utterance}: {frames.feats_scp[utterance]}", file=sys.stderr, flush=True)
            num_done, num_silent = num_done + len(speech), num_silent + len(utterances) - len(speech)
            if speech:
                ivectors = extractor.posterior(torch.stack([statistics(found) for found in speech.values()]), products).mean
                for utterance, ivector in zip(speech, ivectors.float().cpu().numpy(), strict=True):
                    out.write(utterance, ivector)
        refuse_too_many(num_silent, num_done + num_silent, frames.data_dir, args.allow_missing)
    print(f"{num_done} i-vectors of {extractor.ivector_dim} dimensions in {args.out}.ark")


if __name__ == "__main__":
    run(main)
