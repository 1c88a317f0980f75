"""measure_costs.py: multiply-accumulates against a count by hand, and times of networks of very different size."""

import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "ground"))
from in_process import run_in_process

from cortado.config import from_dict
from cortado.train.model_file import save_model
from cortado.train.speaker import SpeakerConfig, build_model

COMMAND = Path(__file__).resolve().parents[2] / "pyscripts/bin/measure_costs.py"
FEAT_DIM, WIDTH, EMBEDDING, FRAMES = 5, 8, 6, 50
TDNN = {"class": "cortado.nn.encoders.tdnn.TDNN", "channels": [WIDTH], "kernel_sizes": [1], "dilations": [1]}
PLAIN = {"pooling": {"class": "cortado.nn.pooling.average.AveragePooling"}, "loss": {"class": "cortado.nn.losses.softmax.Softmax"}}
PAIRS = {
    "pooling": {"class": "cortado.nn.pooling.cross_attentive.CrossAttentivePooling"},
    "head": {"class": "cortado.nn.pooling.cross_attentive.PairHead"},
    "loss": {"class": "cortado.nn.losses.np_softmax_pairs.NPSoftmaxOfPairs"},
}


def save(path, **parts):
    values = {"encoder": TDNN, "embedding_dim": EMBEDDING, "training": {"epochs": 1, "batch_size": 6}, **parts}
    config = from_dict(SpeakerConfig, values, "test")
    save_model(path, config, FEAT_DIM, ["a", "b"], "", build_model(config, FEAT_DIM, 2).state_dict())


def measure(folder, *models):
    options = ["--out", "costs.json", "--num-frames", str(FRAMES), "--turns", "3"]
    return run_in_process(COMMAND, *options, *models, cwd=folder)


def test_multiply_accumulates_are_those_counted_by_hand(tmp_path):
    save(tmp_path / "plain.pt", **PLAIN)
    save(tmp_path / "pairs.pt", **PAIRS)
    done = measure(tmp_path, "plain=plain.pt", "pairs=pairs.pt")
    assert done.returncode == 0, done.stderr
    costs = json.loads((tmp_path / "costs.json").read_text())
    maps = 2 * FRAMES * FEAT_DIM * WIDTH  # half a second of audio
    assert costs["pairs"]["macs_per_second"] == maps
    assert costs["plain"]["macs_per_second"] == maps + 2 * WIDTH * EMBEDDING
    assert costs["plain"]["macs_per_trial"] == EMBEDDING
    projected, pooled, head = 2 * FRAMES * WIDTH**2, 4 * 2 * FRAMES * WIDTH, 2 * WIDTH * EMBEDDING  # of both sides
    assert costs["pairs"]["macs_per_trial"] == projected + pooled + head


def test_a_network_of_a_hundred_times_the_work_costs_more_time(tmp_path):
    save(tmp_path / "small.pt", **PLAIN)
    save(tmp_path / "large.pt", **PLAIN, encoder={**TDNN, "channels": [1024, 1024], "kernel_sizes": [1, 1], "dilations": [1, 1]})
    assert measure(tmp_path, "small=small.pt", "large=large.pt").returncode == 0
    costs = json.loads((tmp_path / "costs.json").read_text())
    assert 0 < costs["small"]["extraction_cpu_seconds_per_hour"] < costs["large"]["extraction_cpu_seconds_per_hour"]


@pytest.mark.parametrize(("word", "reason"), [("plain.pt", "expected NAME=MODEL, found 'plain.pt'"), ("a=gone.pt", "gone.pt")])
def test_a_wrong_model_is_one_sentence(tmp_path, word, reason):
    done = measure(tmp_path, word)
    assert done.returncode == 1 and reason in done.stderr and len(done.stderr.splitlines()) == 1
