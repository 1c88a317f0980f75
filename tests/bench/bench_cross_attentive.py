"""Scoring and training with cross attentive pooling, one thread: trials in a list against a loop over pairs of crops; the training grid.

    . ./path.sh; python3 tests/bench/bench_cross_attentive.py [--trunk fast|thin] [--trials 2000] [--memory] [--grid]

The loop gives the network each pair of crops of a trial, as one writes it first: 100 calls a trial. Processor seconds. Both read the same maps of 10
crops (350 frames: 88 map frames of Fast ResNet-34, 44 of Thin) from an ark. --memory scores the list, and then one four times as
long, in processes of their own with a cache that holds a tenth of the maps. --grid measures one forward and backward pass of the
paper's 200 supports against 400 queries of 200 frames.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from cortado.ark import ArkWriter
from cortado.nn.cross_attentive import CrossAttentiveNetwork
from cortado.nn.losses.np_softmax_pairs import NPSoftmaxOfPairs
from cortado.nn.pooling.cross_attentive import CrossAttentivePooling, PairHead
from cortado.score.cross_attentive import CrossAttentiveScorer, prepared_bytes
from cortado.score.maps import FORMAT, MapForm, MapTable
from cortado.score.models import single_utterances

DIM, EMBEDDING_DIM, NUM_CROPS, NUM_UTTERANCES = 128, 512, 10, 400
MAP_FRAMES = {"fast": 88, "thin": 44}  # of 350 frames
TRAINING_FRAMES = {"fast": 50, "thin": 25}  # of 200


def make_network() -> CrossAttentiveNetwork:
    torch.manual_seed(0)
    return CrossAttentiveNetwork(nn.Identity(), CrossAttentivePooling(DIM), PairHead(DIM, EMBEDDING_DIM)).eval()


def write_maps(folder: Path, map_frames: int) -> None:
    rng = np.random.default_rng(0)
    with ArkWriter(folder / "maps.ark", folder / "maps.scp") as out:
        for number in range(NUM_UTTERANCES):
            out.write(f"utt{number:05}", rng.standard_normal((NUM_CROPS * map_frames, DIM), dtype=np.float32))
    MapForm(FORMAT, "none", NUM_CROPS, 350, map_frames, DIM).write(folder / "maps.json")


def draw_trials(num_trials: int) -> tuple[np.ndarray, np.ndarray]:
    """As in a list of VoxCeleb: enrolment utterances one after the other, tests at random."""
    rng = np.random.default_rng(1)
    return np.sort(rng.integers(NUM_UTTERANCES, size=num_trials)), rng.integers(NUM_UTTERANCES, size=num_trials)


def make_scorer(table: MapTable, cache_bytes: int) -> CrossAttentiveScorer:
    return CrossAttentiveScorer(make_network(), table, table, single_utterances(table), "cpu", cache_bytes)


@torch.inference_mode()
def loop_over_pairs(network: CrossAttentiveNetwork, enrol: torch.Tensor, test: torch.Tensor) -> float:
    cosines = []
    for s in enrol:
        for q in test:
            support, query = network.pairs(s[None], q[None])
            cosines.append(F.cosine_similarity(support[0, 0], query[0, 0], dim=0))
    return float(torch.stack(cosines).mean())


def bench_scoring(folder: Path, trunk: str, num_trials: int) -> None:
    table, network = MapTable(folder), make_network()
    enrol, test = draw_trials(num_trials)
    start = time.process_time()
    scores = make_scorer(table, NUM_UTTERANCES * prepared_bytes(table.form))(enrol, test)
    ours = (time.process_time() - start) / num_trials
    some = np.linspace(0, num_trials - 1, 10).astype(int)
    maps = [[torch.from_numpy(table.read(rows[trial])) for rows in (enrol, test)] for trial in some]
    loop_over_pairs(network, *maps[0])
    start = time.process_time()
    expected = [loop_over_pairs(network, *pair) for pair in maps]
    peer = (time.process_time() - start) / len(some)
    np.testing.assert_allclose(scores[some], expected, atol=2e-6)
    floor = NUM_CROPS**2 * (8 * MAP_FRAMES[trunk] * DIM + 2 * DIM**2)
    print(
        f"{num_trials:,} trials of {NUM_UTTERANCES} utterances, {trunk}: {1e3 * ours:.2f} ms a trial with reading and preparing "
        f"({floor / 1e6:.1f} M multiply-accumulates, {floor / ours / 1e9:.0f} G/s), loop over pairs {1e3 * peer:.1f} ms, {peer / ours:.0f} times ours"
    )


def peak_of(function, *arguments) -> int:
    """Peak memory of a process that does this, in MiB."""
    child = os.fork()
    if child == 0:
        function(*arguments)
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    if status:
        sys.exit(f"a process ended with status {status}")
    return usage.ru_maxrss // 1024


def score_in_blocks(folder: Path, num_trials: int) -> None:
    table = MapTable(folder)
    scorer = make_scorer(table, NUM_UTTERANCES // 10 * prepared_bytes(table.form))
    enrol, test = draw_trials(num_trials)
    for start in range(0, num_trials, 1 << 14):
        scorer(enrol[start : start + (1 << 14)], test[start : start + (1 << 14)])


def training_pass(trunk: str) -> None:
    torch.manual_seed(0)
    network, loss = make_network().train(), NPSoftmaxOfPairs(EMBEDDING_DIM, 5994)
    maps = torch.randn(600, TRAINING_FRAMES[trunk], DIM, requires_grad=True)
    utterances, own = maps.unflatten(0, (200, 3)), torch.arange(200).repeat_interleave(2)
    start = time.process_time()
    value = loss(*network.pairs(utterances[:, 0], utterances[:, 1:].flatten(0, 1)), own, own)
    forward = time.process_time()
    value.backward()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"training grid of 200 supports x 400 queries, {trunk}: forward {forward - start:.1f} s, "
        f"backward {time.process_time() - forward:.1f} s, {peak:.2f} GiB of the whole process at its peak"
    )
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trunk", choices=MAP_FRAMES, default="fast")
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--grid", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        write_maps(Path(name), MAP_FRAMES[args.trunk])
        if args.memory:  # before anything else is in memory, which a fork would share
            peaks = [peak_of(score_in_blocks, Path(name), num_trials) for num_trials in (args.trials, 4 * args.trials)]
            print(
                f"peak memory with a tenth of the maps kept: {peaks[0]} MiB for {args.trials:,} trials, {peaks[1]} MiB for four times as many"
            )
        if args.grid:
            peak_of(training_pass, args.trunk)
        bench_scoring(Path(name), args.trunk, args.trials)


if __name__ == "__main__":
    main()
