"""One training step of the thin ResNet on CPU: bfloat16 autocast and channels-last against float32 and channels-first.

    . ./path.sh; python tests/bench/bench_encoder_step.py [threads]

Both are the same network on the same batch in one run, taking turns; the best of five steps counts. The largest activation
stays below 32 MiB, above which glibc maps memory anew for each tensor and page faults cost more than the arithmetic.
"""

import sys
import time

import torch

from cortado.nn import EmbeddingNetwork
from cortado.nn.encoders.resnet import ResNet
from cortado.nn.losses.aam_softmax import AAMSoftmax
from cortado.nn.pooling.statistics import StatisticsPooling

BATCH, NUM_FRAMES, FEAT_DIM, EMBEDDING_DIM, NUM_SPEAKERS = 32, 200, 80, 192, 750


def make_step(memory_format: torch.memory_format, bfloat16: bool):
    """A function that runs forward and backward once."""
    torch.manual_seed(0)
    encoder = ResNet(FEAT_DIM, channels=(16, 32, 64, 64), blocks=(1, 1, 1, 1), collapse_frequency=False)
    network = EmbeddingNetwork(encoder, StatisticsPooling(encoder.out_dim), EMBEDDING_DIM).to(memory_format=memory_format)
    loss = AAMSoftmax(EMBEDDING_DIM, NUM_SPEAKERS)
    features, labels = torch.randn(BATCH, NUM_FRAMES, FEAT_DIM), torch.randint(NUM_SPEAKERS, (BATCH,))

    def step():
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            value = loss(network(features), labels)
        value.backward()
        network.zero_grad()

    return step


def seconds(step) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def main():
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    fast, plain = make_step(torch.channels_last, bfloat16=True), make_step(torch.contiguous_format, bfloat16=False)
    seconds(fast), seconds(plain)  # the first step also chooses kernels
    times = [(seconds(fast), seconds(plain)) for _ in range(5)]
    best_fast, best_plain = (min(column) for column in zip(*times, strict=True))
    print(
        f"thin ResNet step, {BATCH} x {NUM_FRAMES} frames x {FEAT_DIM} mels, {torch.get_num_threads()} thread(s): "
        f"bfloat16 channels-last {best_fast:.3f} s, float32 channels-first {best_plain:.3f} s, ratio {best_fast / best_plain:.2f}"
    )


if __name__ == "__main__":
    main()
