#!/usr/bin/env python3
"""What the visual modules of lip readers cost: the figures of the paper beside ours, then what is built here.

Usage: utils/show_visual_costs.sh [options]

The paper is J. Zeng, J. Du, Z. Wang, "HMM-based lip reading with stingy residual 3D convolution", tables 2 and 4, which are for RGB crops
of 80x80 pixels, width 64, omega 2. Ours are counted on the networks themselves. What the paper's figures leave unexplained is said below
the table. The two tables after it are for --width, --channels and --sizes.

Example:
  utils/show_visual_costs.sh --width 16 --sizes 44
"""

from typing import NamedTuple

import torch

from cortado.ark.display import align
from cortado.command import make_parser, run
from cortado.errors import ConfigError
from cortado.nn.cost import multiply_accumulates, num_parameters
from cortado.nn.visual.cost import IN_CHANNELS, PUBLISHED, Published, macs_in_paper, stored_mebibytes
from cortado.nn.visual.network import VisualNetwork
from cortado.nn.visual.stingy import StiRes3D

OMEGAS = (0.5, 1.0, 1.5, 2.0, 3.0)
PAPER_COLUMNS = ("network", "MMAC", "paper", "difference", "MiB", "paper", "difference")
NUM_FRAMES = 4  # counted; the cost of a frame does not depend on it

UNEXPLAINED = """\
MMAC     per frame, as the paper counts: 5x7x7 front end and the trunk's 16 convolutions at sizes 20, 10, 5, 2. The first three networks
         agree. Sti3D and StiRes3D are printed with the same {gap:.2f} more than equation 6 of their own paper gives, and nothing in it
         explains them; the difference between the two agrees with the equation.
MiB      ours: parameters and running statistics of all that is built, float32. The paper's are larger by nearly the same in the four
         3D networks, {lowest:.2f} to {highest:.2f}, and by {resnet:.2f} in ResNet18: something outside the trunk, which it does not name.
In words the paper says that P3D takes 1.8 times the memory of StiRes3D and 1.9 times its multiply-accumulates; by its table these
are 1.98 and 1.53."""


def main() -> None:
    args = parse_arguments()
    with torch.device("meta"):
        show_paper()
        show_built(args)
        show_omegas(args)


def parse_arguments():
    parser = make_parser(__doc__)
    parser.add_argument("--width", type=int, default=64, metavar="N", help="channels of the first stage, a multiple of 4 (default 64)")
    parser.add_argument("--channels", type=int, default=1, metavar="N", help="of the crops, 1 for grey (default 1)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[80, 88, 96, 112], metavar="N", help="pixels (default 80 88 96 112)")
    args = parser.parse_args()
    if min(args.width, args.channels, *args.sizes) < 1:
        raise ConfigError("--width, --channels and --sizes must be at least 1")
    return args


def show_paper() -> None:
    costs = [PaperCost.of(published) for published in PUBLISHED]
    print("In the paper: RGB 80x80, width 64, omega 2\n")
    print(*align([PAPER_COLUMNS, *(cost.row() for cost in costs)], left=1), sep="\n")
    resnet, *others = (cost.published.mebibytes - cost.mebibytes for cost in costs)
    gap = (costs[-1].published.macs - costs[-1].macs) / 1e6
    print("\n" + UNEXPLAINED.format(gap=gap, resnet=resnet, lowest=min(others), highest=max(others)))


class PaperCost(NamedTuple):
    """What the paper prints of a network, and what we count in its manner."""

    published: Published
    macs: int
    mebibytes: float

    @classmethod
    def of(cls, published: Published) -> "PaperCost":
        network = published.network(in_channels=IN_CHANNELS)
        return cls(published, macs_in_paper(network), stored_mebibytes(network))

    def row(self) -> tuple[str, ...]:
        macs = (f"{self.macs / 1e6:.3f}", f"{self.published.macs / 1e6:.2f}", f"{self.macs / self.published.macs - 1:+.3%}")
        memory = (f"{self.mebibytes:.2f}", f"{self.published.mebibytes:.2f}", f"{self.mebibytes - self.published.mebibytes:+.2f}")
        return self.published.network.__name__, *macs, *memory


def show_built(args) -> None:
    networks = [published.network(args.width, in_channels=args.channels) for published in PUBLISHED]
    print(f"\nAs built: width {args.width}, {args.channels} channel(s), omega 2\n")
    show_costs([(type(network).__name__, network) for network in networks], args)


def show_omegas(args) -> None:
    print(f"\nStiRes3D, width {args.width}, {args.channels} channel(s)\n")
    show_costs([(f"omega {omega}", StiRes3D(args.width, in_channels=args.channels, omega=omega)) for omega in OMEGAS], args)


def show_costs(networks: list[tuple[str, VisualNetwork]], args) -> None:
    rows = [("", "parameters", "MiB", *(f"MMAC/frame at {size}" for size in args.sizes))]
    for name, network in networks:
        parameters = num_parameters(network)
        clips = [torch.empty(1, NUM_FRAMES, args.channels, size, size) for size in args.sizes]
        costs = [f"{multiply_accumulates(network, clip) / NUM_FRAMES / 1e6:.1f}" for clip in clips]
        rows.append((name, f"{parameters:,}", f"{parameters * 4 / 2**20:.2f}", *costs))
    print(*align(rows, left=1), sep="\n")


if __name__ == "__main__":
    run(main)
