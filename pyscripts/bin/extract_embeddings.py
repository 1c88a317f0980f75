#!/usr/bin/env python3
"""Embeddings of whole utterances, of any length, from a trained model: one job of steps/extract_embeddings.sh.

usage: extract_embeddings.py [options] <model> <data-dir> <out>

Writes <out>.ark and <out>.scp: one vector for each line of feats.scp; utt2num_frames gives the lengths.

A model whose config has `windows` gives the mean of the unit embeddings of an utterance's windows. Others take it whole:
utterances are batched by length. On a CPU that pays for recurrent networks alone, and large batches cost more than small ones,
as their frames no longer fit in the processor's cache. The batches are planned over the whole data directory and dealt out to the
jobs, so the vectors do not depend, to the last bit, on the number of jobs.

  extract_embeddings.py --job 2 --num-jobs 4 exp/resnet/final.pt data/test exp/resnet/test/embeddings.2of4
"""

from pathlib import Path

import numpy as np
import torch

from cortado.ark import ArkWriter
from cortado.command import add_job_options, make_parser, progress, run, share_of
from cortado.datadir import DataDir
from cortado.datadir.lengths import read_lengths
from cortado.errors import CortadoError
from cortado.feats.batches import plan_batches, read_batch
from cortado.nn import EmbeddingNetwork
from cortado.train.model_file import load_network


def embed(network: EmbeddingNetwork, features: torch.Tensor, lengths: torch.Tensor, device: str) -> np.ndarray:
    """(batch, embedding_dim) float32 of a batch as read_batch makes it."""
    if network.windows:
        rows = zip(features.numpy(), lengths.tolist(), strict=True)
        return torch.stack([network.embed_utterance(row[:length]) for row, length in rows]).float().cpu().numpy()
    is_padded = int(lengths.min()) < features.shape[1]
    return network.embed(features.to(device), lengths.to(device) if is_padded else None).float().cpu().numpy()


def main() -> None:
    parser = make_parser(__doc__)
    add_job_options(parser)
    parser.add_argument("--frames-per-batch", type=int, help="with padding; bounds memory (default 5000 on a CPU, 20000 on a GPU)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    parser.add_argument("model", type=Path)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("out", help="path of the outputs, without their suffixes")
    args = parser.parse_args()
    network, feat_dim = load_network(args.model, args.device)
    if not hasattr(network.head, "embed"):
        raise CortadoError(f"{args.model} compares pairs of utterances and embeds none by itself; steps/extract_maps.sh takes it")
    data_dir = DataDir(args.data_dir)
    feats_scp = data_dir.feats_scp
    num_frames = dict(zip(feats_scp, map(int, read_lengths(data_dir, "utt2num_frames", feats_scp)), strict=True))
    frames_per_batch = args.frames_per_batch or (5000 if args.device == "cpu" else 20000)
    if network.windows:
        frames_per_batch = 1  # the windows of one utterance are a batch
    mine = share_of(plan_batches(num_frames, frames_per_batch), args)
    with torch.inference_mode(), ArkWriter(f"{args.out}.ark", f"{args.out}.scp") as out:
        for utterances in progress(mine, len(mine), "batches"):
            batch = read_batch(utterances, feats_scp, feat_dim)
            try:
                embeddings = embed(network, *batch, args.device)
            except CortadoError as error:  # only a too short one is left to refuse, and the first is the shortest
                raise CortadoError(f"utterance {utterances[0]}: {error}") from None
            for utt, embedding in zip(utterances, embeddings, strict=True):
                out.write(utt, embedding)
    print(f"{sum(map(len, mine))} embeddings of {network.embedding_dim} dimensions in {args.out}.ark")


if __name__ == "__main__":
    run(main)
