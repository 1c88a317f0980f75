"""Steps run again: what has changed is computed anew, all the way to the scores; what was killed is completed; nothing else runs."""

import itertools
import re
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cortado import ark
from cortado.config import ClassSpec, dump_yaml
from cortado.train.model_file import save_model
from cortado.train.settings import TrainSettings
from cortado.train.speaker import CropSettings, SpeakerConfig, build_network

ROOT = Path(__file__).resolve().parents[2]
UTTERANCES = [f"s{speaker}-{number}" for speaker in range(3) for number in range(2)]
CONFIG = SpeakerConfig(
    encoder=ClassSpec("cortado.nn.encoders.tdnn.TDNN", {"channels": (8,), "kernel_sizes": (3,), "dilations": (1,)}),
    pooling=ClassSpec("cortado.nn.pooling.statistics.StatisticsPooling"),
    loss=ClassSpec("cortado.nn.losses.softmax.Softmax"),
    training=TrainSettings(epochs=1, batch_size=3),
    embedding_dim=4,
    normalise="none",
    crops=CropSettings(frames=(10, 20)),
)
STEPS = {
    "make_feats": ("--nj", "2", "--feats-config", str(ROOT / "conf/fbank.yaml"), "data/all"),
    "compute_cmvn": ("data/all",),
    "compute_vad": ("--nj", "1", "--vad-config", str(ROOT / "conf/vad_fbank.yaml"), "data/all"),
    "train_embedding": ("--train-config", "train.yaml", "--num-threads", "1", "data/all", "exp/net"),
    "extract_embeddings": ("--nj", "1", "exp/net", "data/all", "exp/net/all"),
    "score_trials": ("--num-draws", "5", "data/all", "exp/net/all", "exp/net/scores"),
}


def write_wav(recipe: Path, utt: str, seed: int) -> None:
    """Noise of a length that depends on the utterance alone."""
    samples = 0.1 * np.random.default_rng(seed).standard_normal(6000 + 300 * UTTERANCES.index(utt))
    soundfile.write(recipe / f"{utt}.wav", samples, 16000, subtype="PCM_16")


@pytest.fixture
def recipe(recipe_dir, monkeypatch) -> Path:
    monkeypatch.chdir(recipe_dir)
    for seed, utt in enumerate(UTTERANCES):
        write_wav(recipe_dir, utt, seed)
    pairs = [(a, b, "target" if a[:2] == b[:2] else "nontarget") for a, b in itertools.combinations(UTTERANCES, 2)]
    tables = {
        "wav.scp": [(utt, f"{utt}.wav") for utt in UTTERANCES],
        "utt2spk": [(utt, utt[:2]) for utt in UTTERANCES],
        "spk2utt": [(speaker, *utts) for speaker, utts in itertools.groupby(UTTERANCES, lambda utt: utt[:2])],
        "trials": pairs,
    }
    (recipe_dir / "data/all").mkdir(parents=True)
    for name, rows in tables.items():
        (recipe_dir / "data/all" / name).write_text("".join(" ".join(row) + "\n" for row in rows))
    (recipe_dir / "train.yaml").write_text(dump_yaml(CONFIG))
    return recipe_dir


def step(recipe: Path, name: str, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run([f"steps/{name}.sh", *options, *STEPS[name]], cwd=recipe, capture_output=True, text=True, check=False)


def run(recipe: Path, *names: str) -> None:
    for name in names:
        done = step(recipe, name)
        assert done.returncode == 0, f"{name}: {done.stderr}"


def tables(recipe: Path) -> list[dict]:
    """Features, statistics of speakers, embeddings, and scores of pairs."""
    scps = [recipe / name for name in ("data/all/feats.scp", "data/all/cmvn.scp", "exp/net/all/embeddings.scp")]
    scores = (line.rsplit(" ", 1) for line in (recipe / "exp/net/scores/scores").read_text().splitlines())
    return [*(dict(ark.open_table(scp)) for scp in scps), dict(scores)]


def changed_keys(before: dict, after: dict) -> list[str]:
    assert list(before) == list(after)
    return [key for key in before if not np.array_equal(before[key], after[key])]


def test_a_changed_recording_of_the_same_length_changes_all_that_depends_on_it_and_nothing_else(recipe):
    run(recipe, "make_feats", "compute_cmvn", "train_embedding", "extract_embeddings", "score_trials")
    before, scp = tables(recipe), (recipe / "data/all/feats.scp").read_text()
    write_wav(recipe, "s1-0", seed=99)
    again = step(recipe, "make_feats")
    assert again.returncode == 0 and "1 / 2 succeeded before" in again.stderr
    assert (recipe / "data/all/feats.scp").read_text() == scp  # it cannot tell the steps below
    run(recipe, "compute_cmvn", "extract_embeddings", "score_trials")
    feats, cmvn, embeddings, scores = map(changed_keys, before, tables(recipe))
    assert feats == embeddings == ["s1-0"]
    assert cmvn == ["s1"]
    assert scores == [pair for pair in before[-1] if "s1-0" in pair]
    refused = step(recipe, "train_embedding")
    assert refused.returncode == 1 and "another config, seed or data" in refused.stderr


def test_killed_between_its_jobs_and_their_merging_a_step_leaves_no_old_table_and_completes_without_running_a_job(recipe):
    (recipe / "killed.sh").write_text('run.py "$@"\nkill -KILL $PPID\n')
    network = build_network(CONFIG, feat_dim=80)
    weights = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    save_model(recipe / "exp/net/final.pt", CONFIG, 80, ["a", "b"], "untrained", weights)
    for name, out in {
        "make_feats": "data/all/feats.scp",
        "compute_cmvn": "data/all/cmvn.scp",
        "compute_vad": "data/all/vad.scp",
        "extract_embeddings": "exp/net/all/embeddings.scp",
    }.items():
        (recipe / out).parent.mkdir(parents=True, exist_ok=True)
        (recipe / out).write_text("".join(f"{utt} older.ark:5\n" for utt in UTTERANCES))
        killed = step(recipe, name, "--cmd", "bash killed.sh")
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert not (recipe / out).exists()
        completed = step(recipe, name)
        assert completed.returncode == 0, completed.stderr
        assert re.search(r"(\d) / \1 succeeded before", completed.stderr)
        assert "older.ark" not in (recipe / out).read_text()
