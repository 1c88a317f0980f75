"""A training step of each visual module against ResNet-18: forward and backward of the module alone, on the same clips.

    . ./path.sh; python3 tests/bench/bench_visual.py [--width 64] [--size 88] [--batch 1] [--frames 56] [--turns 7] [--only NAMES]
                                                     [--device cuda] [--bfloat16]

The networks take turns, each turn a ratio to the ResNet-18 of that turn; the figures are medians of the turns. On a CPU: one thread,
processor time of this process, so that what else runs on the machine disturbs less. What it does to shared caches remains, and StiRes3D,
which is bound by memory, feels it more than ResNet-18. So it does freshly mapped memory: MALLOC_TRIM_THRESHOLD_=8000000000
MALLOC_MMAP_MAX_=0 in the environment makes glibc keep what is freed, without which batches above 32 MiB an activation pay for its pages
at each layer. On a GPU: time on the clock behind a
synchronisation. "native depthwise" is StiRes3D with nn.Conv3d for its 3x3x3 convolutions and all else as it is; "definition" is
StiRes3D of `stingy_reference`, Conv3d throughout its stingy convolutions.
"""

import argparse
import time
from functools import partial
from statistics import median

import torch
from torch import Tensor, nn

from cortado.nn.visual.all3d import All3D
from cortado.nn.visual.clips import Clips
from cortado.nn.visual.p3d import P3DA
from cortado.nn.visual.resnet18 import ResNet18
from cortado.nn.visual.stingy import Sti3D, StingyConv, StiRes3D
from cortado.nn.visual.stingy_reference import by_definition
from cortado.nn.visual.temporal import TemporalConv


class NativeConv(nn.Module):
    """A TemporalConv as nn.Conv3d, between two changes of the memory format."""

    def __init__(self, conv: TemporalConv):
        super().__init__()
        channels, stride = len(conv.weight), (1, conv.stride, conv.stride)
        self.conv = nn.Conv3d(channels, channels, 3, stride, padding=1, groups=conv.groups, bias=False)

    def forward(self, frames: Tensor, clips: Clips) -> Tensor:
        volume = clips.unpack(frames).transpose(1, 2).contiguous()
        return clips.pack(self.conv(volume).transpose(1, 2)).contiguous(memory_format=torch.channels_last)


def with_native_depthwise(network: StiRes3D) -> StiRes3D:
    for module in network.modules():
        if isinstance(module, StingyConv):
            module.depthwise = NativeConv(module.depthwise)
    return network


NETWORKS = {
    "ResNet18": ResNet18,
    "All3D": All3D,
    "P3DA": P3DA,
    "Sti3D": Sti3D,
    "StiRes3D": StiRes3D,
    "native depthwise": lambda width: with_native_depthwise(StiRes3D(width)),
    "definition": lambda width: by_definition(StiRes3D(width)),
}


def seconds(network: nn.Module, clips: Tensor, bfloat16: bool) -> float:
    on_gpu = clips.is_cuda
    clock = time.perf_counter if on_gpu else time.process_time
    start = clock()
    with torch.autocast(clips.device.type, torch.bfloat16, enabled=bfloat16):
        vectors = network(clips)
    vectors.float().square().mean().backward()
    if on_gpu:
        torch.cuda.synchronize()
    network.zero_grad()
    return clock() - start


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--size", type=int, default=88)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--frames", type=int, default=56)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--only", nargs="+", choices=NETWORKS, default=list(NETWORKS), help="beside ResNet18")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--bfloat16", action="store_true")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    clips = torch.randn(args.batch, args.frames, args.size, args.size, device=args.device)
    networks = {name: NETWORKS[name](args.width).to(args.device) for name in dict.fromkeys(["ResNet18", *args.only])}
    step = partial(seconds, clips=clips, bfloat16=args.bfloat16)
    turns = [{name: step(network) for name, network in networks.items()} for _ in range(args.turns + 1)][1:]  # the first chooses kernels
    print(
        f"visual modules, width {args.width}, {args.batch} x {args.frames} grey frames of {args.size}x{args.size}, "
        f"{'bfloat16' if args.bfloat16 else 'float32'}, {args.device}: forward and backward"
    )
    for name in networks:
        taken = median(turn[name] for turn in turns)
        ratio = median(turn["ResNet18"] / turn[name] for turn in turns)
        print(f"{name:17} {taken:.3f} s, {clips.shape[0] * clips.shape[1] / taken:7.0f} frames/s, {ratio:.2f} times as fast as ResNet18")


if __name__ == "__main__":
    main()
