#!/usr/bin/env python3
"""What it costs to embed with trained networks: multiply-accumulates, and CPU time side by side in one process.

Usage: measure_costs.py [options] NAME=MODEL [NAME=MODEL ...]

MODEL is a final.pt. The networks take turns on the same random features, utterances of --num-frames frames (10 ms each) in a batch, on
one thread; the figure is the median of the turns but the first. So the ratios of the figures hold elsewhere, the figures themselves on
this machine only. Writes a JSON file, for each name

  macs_per_second                   multiply-accumulates for a second of audio, of the whole network (for cross attentive pooling, of the
                                    maps, which can be stored)
  macs_per_trial                    for a comparison of two such utterances: of a cosine, or of the network's pair head
  extraction_cpu_seconds_per_hour   of audio, features not included

Example:
  measure_costs.py --out exp/costs.json statistics=exp/statistics_seed0/final.pt average=exp/average_seed0/final.pt
"""

import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

import torch
from torch import Tensor, nn

from cortado.command import make_parser, progress, run
from cortado.config import to_dict
from cortado.errors import ConfigError
from cortado.files import write_json
from cortado.nn.cost import multiply_accumulates
from cortado.nn.cross_attentive import CrossAttentiveNetwork
from cortado.nn.pooling.cross_attentive import CrossAttentivePooling
from cortado.report.comparison import Cost
from cortado.train.model_file import load_network

FRAMES_PER_SECOND = 100


class Network(NamedTuple):
    """extract: what is made of one utterance and stored; compare: what a trial costs then, None for the cosine of two embeddings."""

    module: nn.Module
    feat_dim: int
    extract: Callable[[Tensor], Tensor]
    compare: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None

    def seconds(self, utterances: Tensor) -> float:
        """Processor time of extraction from (batch, time, feat_dim)."""
        start = time.process_time()
        self.extract(utterances)
        return time.process_time() - start

    def macs(self, num_frames: int) -> tuple[int, int]:
        """Of the extraction from one utterance, and of a trial. The weights are gone afterwards."""
        self.module.to("meta")
        utterance = torch.empty(1, num_frames, self.feat_dim, device="meta")
        stored = self.extract(utterance)
        of_trial = multiply_accumulates(self.compare, stored, stored) if self.compare else stored.shape[1]
        return multiply_accumulates(self.extract, utterance), of_trial


def main() -> None:
    args = parse_arguments()
    torch.set_num_threads(1)
    networks = {name: load(path) for name, path in args.models}
    with torch.inference_mode():
        seconds = measure(networks, args.batch_size, args.num_frames, args.turns)
        costs = {name: cost(network, seconds[name], args) for name, network in networks.items()}
    write_json(args.out, {name: to_dict(each) for name, each in costs.items()})
    print(f"{args.out}: costs of {len(costs)} networks")


def parse_arguments():
    parser = make_parser(__doc__)
    parser.add_argument("--out", required=True, metavar="FILE", help="JSON file to write")
    parser.add_argument("--num-frames", type=int, default=300, metavar="N", help="of each utterance (default 300)")
    parser.add_argument("--batch-size", type=int, default=16, metavar="N", help="utterances at a time (default 16)")
    parser.add_argument("--turns", type=int, default=21, metavar="N", help="times that each network is measured (default 21)")
    parser.add_argument("models", nargs="+", type=name_and_path, metavar="NAME=MODEL")
    args = parser.parse_args()
    if args.num_frames < 1 or args.batch_size < 1 or args.turns < 2:
        raise ConfigError("--num-frames and --batch-size must be at least 1, --turns at least 2")
    return args


def name_and_path(word: str) -> tuple[str, str]:
    name, equals, path = word.partition("=")
    if not (name and equals and path):
        raise ConfigError(f"expected NAME=MODEL, found '{word}'")
    return name, path


def load(path: str) -> Network:
    network, feat_dim = load_network(path)
    if isinstance(network.pooling, CrossAttentivePooling):
        of_pairs = CrossAttentiveNetwork.of(network).eval()
        return Network(of_pairs, feat_dim, of_pairs, of_pairs.pairs)
    return Network(network, feat_dim, network.embed, None)


def measure(networks: dict[str, Network], batch_size: int, num_frames: int, turns: int) -> dict[str, float]:
    """Median processor seconds of a batch, by name."""
    generator = torch.Generator().manual_seed(0)
    seconds: dict[str, list[float]] = {name: [] for name in networks}
    for _ in progress(range(turns), turns, "turns"):
        for name, network in networks.items():
            utterances = torch.randn(batch_size, num_frames, network.feat_dim, generator=generator)
            seconds[name].append(network.seconds(utterances))
    return {name: median(taken[1:]) for name, taken in seconds.items()}


def cost(network: Network, seconds: float, args) -> Cost:
    of_utterance, of_trial = network.macs(args.num_frames)
    hours = args.batch_size * args.num_frames / FRAMES_PER_SECOND / 3600
    return Cost(of_utterance * FRAMES_PER_SECOND / args.num_frames, of_trial, seconds / hours)


if __name__ == "__main__":
    run(main)
