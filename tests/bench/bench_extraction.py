#!/usr/bin/env python3
"""Extraction batched by length against one utterance at a time, both by extract_embeddings.py, for a small network of each encoder.

    . ./path.sh; tests/bench/bench_extraction.py [--device cuda] [--utterances 10000] [encoder ...]

Utterances last 1 to 3 s. On a CPU the figures are processor seconds, which other programs on the machine do not change much;
on a GPU they are seconds on the clock. The cost of starting is measured on one utterance and taken off.
"""

import argparse
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from cortado.ark import ArkWriter
from cortado.config import from_dict
from cortado.datadir import write_table
from cortado.train.model_file import save_model
from cortado.train.speaker import SpeakerConfig, build_model

FEAT_DIM = 40
ENCODERS = {
    "TDNN": {"class": "cortado.nn.encoders.tdnn.TDNN", "channels": [256, 256, 256, 256, 512]},
    "ResNet": {"class": "cortado.nn.encoders.resnet.ResNet", "channels": [16, 32, 64], "blocks": [1, 1, 1], "strides": [2, 2, 2]},
    "SE-ResNet": {"class": "cortado.nn.encoders.se_resnet.SEResNet", "channels": [8, 16, 32, 64], "blocks": [1, 1, 1, 1]},
    "VGG": {"class": "cortado.nn.encoders.vgg.VGG", "channels": [16, 32, 64]},
    "LSTM": {"class": "cortado.nn.encoders.lstm.LSTM", "hidden_dim": 256},
}


def make_data(folder: Path, num_utterances: int) -> Path:
    rng = np.random.default_rng(0)
    folder.mkdir()
    num_frames = {f"u{i:06d}": int(rng.integers(100, 300)) for i in range(num_utterances)}
    with ArkWriter(folder / "feats.ark", folder / "feats.scp") as out:
        for utt, count in num_frames.items():
            out.write(utt, rng.standard_normal((count, FEAT_DIM), dtype=np.float32))
    write_table(folder / "utt2num_frames", {utt: str(count) for utt, count in num_frames.items()})
    return folder


def make_model(path: Path, encoder: dict) -> Path:
    values = {
        "encoder": encoder,
        "pooling": {"class": "cortado.nn.pooling.statistics.StatisticsPooling"},
        "loss": {"class": "cortado.nn.losses.softmax.Softmax"},
        "training": {"epochs": 1, "batch_size": 1},
    }
    config = from_dict(SpeakerConfig, values, "benchmark")
    save_model(path, config, FEAT_DIM, ["a", "b"], "", build_model(config, FEAT_DIM, 2).state_dict())
    return path


def seconds(device: str, *arguments) -> float:
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["extract_embeddings.py", "--device", device, *map(str, arguments)], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if device == "cpu":
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--utterances", type=int, default=10000)
    parser.add_argument("encoders", nargs="*", help=", ".join(ENCODERS))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data, one = make_data(folder / "data", args.utterances), make_data(folder / "one", 1)
        for encoder in args.encoders or ENCODERS:
            model, out = make_model(folder / "final.pt", ENCODERS[encoder]), folder / "embeddings"
            start = seconds(args.device, model, one, out)
            batched = seconds(args.device, model, data, out) - start
            single = seconds(args.device, "--frames-per-batch", 1, model, data, out) - start
            print(
                f"{encoder} on {args.device}: {args.utterances} utterances one by one {single:.1f} s, batched {batched:.1f} s, "
                f"{single / batched:.2f} times as fast",
                flush=True,
            )


if __name__ == "__main__":
    main()
