#!/usr/bin/env python3
"""Embeddings of whole utterances, of any length, from a trained model: one job of steps/extract_embeddings.sh.

usage: extract_embeddings.py [options] <model> <data-dir> <out>

Writes <out>.ark and <out>.scp: one vector for each line of feats.scp; utt2num_frames gives the lengths.

Utterances are batched by length. On a CPU that pays for recurrent networks alone, and large batches cost more than small ones,
as their frames no longer fit in the processor's cache. The batches are planned over the whole data directory and dealt out to the
jobs, so the vectors do not depend, to the last bit, on the number of jobs.

  extract_embeddings.py --job 2 --num-jobs 4 exp/resnet/final.pt data/test exp/resnet/test/embeddings.2of4
"""

from pathlib import Path

import numpy as np
import torch

from cortado import ark
from cortado.command import make_parser, progress, run
from cortado.datadir import DataDir
from cortado.datadir.lengths import read_lengths
from cortado.errors import CortadoError, DataError
from cortado.nn import EmbeddingNetwork
from cortado.train.model_file import load_network


def plan_batches(num_frames: dict[str, int], frames_per_batch: int) -> list[list[str]]:
    """Utterances by length, cut into batches of at most `frames_per_batch` frames with their padding (at least one utterance)."""
    batches: list[list[str]] = []
    for utt in sorted(num_frames, key=lambda u: (num_frames[u], u)):
        if batches and (len(batches[-1]) + 1) * num_frames[utt] <= frames_per_batch:
            batches[-1].append(utt)
        else:
            batches.append([utt])
    return batches


def read_features(utterance: str, rxfile: str, feat_dim: int) -> np.ndarray:
    """The matrix (num_frames, feat_dim) of one utterance. Raises CortadoError naming it for any that the model cannot take."""
    try:
        matrix = ark.read(rxfile)
    except DataError as error:
        raise CortadoError(f"utterance {utterance}: {error}") from None
    if matrix.ndim != 2 or matrix.shape[1] != feat_dim:
        raise CortadoError(f"utterance {utterance}: features are {matrix.shape}, the model was trained on {feat_dim} dimensions")
    if not np.isfinite(matrix).all():
        raise CortadoError(f"utterance {utterance}: features hold NaN or infinite values")
    return matrix


def read_batch(utterances: list[str], feats_scp: dict[str, str], feat_dim: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Features padded with zeros, (batch, time, dim) float32, and lengths (batch,)."""
    matrices = [read_features(utt, feats_scp[utt], feat_dim) for utt in utterances]
    lengths = torch.tensor([len(m) for m in matrices])
    batch = torch.zeros(len(matrices), int(lengths.max()), feat_dim)
    for row, matrix in zip(batch, matrices, strict=True):
        row[: len(matrix)] = torch.from_numpy(np.array(matrix, np.float32))
    return batch, lengths


def embed(network: EmbeddingNetwork, features: torch.Tensor, lengths: torch.Tensor, device: str) -> np.ndarray:
    """(batch, embedding_dim) float32 of a batch as read_batch makes it."""
    is_padded = int(lengths.min()) < features.shape[1]
    return network.embed(features.to(device), lengths.to(device) if is_padded else None).float().cpu().numpy()


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--job", type=int, default=1, help="which part of the work this is, from 1 (default 1)")
    parser.add_argument("--num-jobs", type=int, default=1, help="into how many parts the work is dealt (default 1)")
    parser.add_argument("--frames-per-batch", type=int, help="with padding; bounds memory (default 5000 on a CPU, 20000 on a GPU)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    parser.add_argument("model", type=Path)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("out", help="path of the outputs, without their suffixes")
    args = parser.parse_args()
    if not 1 <= args.job <= args.num_jobs:
        raise CortadoError(f"--job {args.job} is not between 1 and --num-jobs {args.num_jobs}")
    network, feat_dim = load_network(args.model, args.device)
    if not hasattr(network.head, "embed"):
        raise CortadoError(f"{args.model} compares pairs of utterances and embeds none by itself; steps/extract_maps.sh takes it")
    data_dir = DataDir(args.data_dir)
    feats_scp = data_dir.feats_scp
    num_frames = dict(zip(feats_scp, map(int, read_lengths(data_dir, "utt2num_frames", feats_scp)), strict=True))
    frames_per_batch = args.frames_per_batch or (5000 if args.device == "cpu" else 20000)
    mine = plan_batches(num_frames, frames_per_batch)[args.job - 1 :: args.num_jobs]
    with torch.inference_mode(), ark.ArkWriter(f"{args.out}.ark", f"{args.out}.scp") as out:
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
