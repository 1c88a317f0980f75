"""utils/show_attention.sh as users run it, on models of random weights; what it refuses is called within this process."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
import soundfile
import torch

from cortado import ark
from cortado.config import ClassSpec
from cortado.errors import CortadoError
from cortado.train.model_file import save_model
from cortado.train.settings import TrainSettings
from cortado.train.speaker import CropSettings, SpeakerConfig, build_network

ROOT = Path(__file__).resolve().parents[2]
NUM_FRAMES = {"rec-a": 60, "rec-b": 16, "rec-c": 90, "rec-d": 33, "rec-e": 3}
POOLINGS = {
    "global": ClassSpec("cortado.nn.pooling.global_multi_head.GlobalMultiHeadPooling", {"num_heads": 2}),
    "resolutions": ClassSpec("cortado.nn.pooling.multi_resolution.MultiResolutionPooling", {"num_heads": 3}),
    "statistics": ClassSpec("cortado.nn.pooling.statistics.StatisticsPooling"),
}


def save_untrained(folder: Path, pooling: ClassSpec, feat_dim: int = 6) -> None:
    config = SpeakerConfig(
        encoder=ClassSpec("cortado.nn.encoders.tdnn.TDNN", {"channels": (8,), "kernel_sizes": (3,), "dilations": (1,)}),
        pooling=pooling,
        loss=ClassSpec("cortado.nn.losses.softmax.Softmax"),
        training=TrainSettings(epochs=1, batch_size=3),
        embedding_dim=4,
        normalise="mean",
        crops=CropSettings(frames=(10, 20)),
    )
    torch.manual_seed(0)
    weights = {f"network.{name}": weight for name, weight in build_network(config, feat_dim).state_dict().items()}
    save_model(folder / "final.pt", config, feat_dim, ["a", "b"], "untrained", weights)


def write_table(path: Path, rows: dict) -> None:
    path.write_text("".join(f"{key} {value}\n" for key, value in rows.items()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """exp/<pooling>/final.pt, and data of five utterances, all segments of one recording."""
    folder = tmp_path_factory.mktemp("show attention")
    for name, pooling in POOLINGS.items():
        save_untrained(folder / "exp" / name, pooling)
    save_untrained(folder / "exp/wide", POOLINGS["global"], feat_dim=7)
    data, rng = folder / "data", np.random.default_rng(0)
    data.mkdir()
    with ark.ArkWriter(data / "feats.ark", data / "feats.scp") as out:
        for utt, num_frames in NUM_FRAMES.items():
            out.write(utt, rng.normal(size=(num_frames, 6)).astype(np.float32))
    soundfile.write(folder / "rec.wav", 0.1 * rng.standard_normal(80000), 16000)
    ends = np.cumsum(list(NUM_FRAMES.values())) / 100
    starts = [0, *ends[:-1]]
    write_table(data / "wav.scp", {"rec": folder / "rec.wav"})
    write_table(data / "utt2spk", dict.fromkeys(NUM_FRAMES, "s"))
    write_table(data / "segments", {utt: f"rec {a:.2f} {b:.2f}" for utt, a, b in zip(NUM_FRAMES, starts, ends, strict=True)})
    write_table(data / "utt2num_frames", NUM_FRAMES)
    (data / "frame_shift").write_text("0.01\n")
    return folder


def expected_entropies(folder: Path, name: str) -> np.ndarray:
    """(num_utts, heads): one by one, in the encoder's own words, with scipy."""
    from cortado.train.model_file import load_network

    network, _ = load_network(folder / "exp" / name / "final.pt")
    rows = []
    with torch.inference_mode():
        for matrix in dict(ark.open_table(folder / "data/feats.scp")).values():
            features = torch.from_numpy(matrix - matrix.mean(axis=0, dtype=np.float64).astype(np.float32))[None]
            rows.append(scipy.stats.entropy(network.pooling.attention(network.encoder(features)[0])[0].double().numpy(), axis=1))
    return np.stack(rows)


def test_two_systems_are_compared_in_table_json_and_pictures(folder):
    arguments = ["--frames-per-batch", "150", "--num-plots", "2", "exp/global", "exp/resolutions", "data", "out/all"]
    done = subprocess.run([ROOT / "utils/show_attention.sh", *arguments], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads((folder / "out/all/entropies.json").read_text())
    assert result["command"] == f"show_attention.py {' '.join(arguments)}" and {"commit", "dirty"} == result["version"].keys()
    log_frames = np.log([num_frames - 2 for num_frames in NUM_FRAMES.values()])
    for system in result["systems"]:
        expected = expected_entropies(folder, system["name"])
        assert [head["mean"] for head in system["heads"]] == pytest.approx([*expected.mean(axis=0), expected.mean()], abs=1e-5)
        assert [head["uniform"] for head in system["heads"]] == pytest.approx([log_frames.mean()] * len(system["heads"]))
    printed = [line.split() for line in done.stdout.partition("\n\n")[0].splitlines()]
    written = [line.split("\t") for line in (folder / "out/all/entropies.tsv").read_text().splitlines()]
    assert written[0] == [f"# {result['command']}"] and written[1][0].startswith("# commit ")
    assert printed[0] == written[2] == ["system", "head", "mean", "std", "low", "high", "uniform", "fraction"]
    heads = [["global", "1"], ["global", "2"], ["global", "all"], *(["resolutions", head] for head in ("1", "2", "3", "all"))]
    assert [row[:2] for row in printed[1:]] == [row[:2] for row in written[3:]] == heads
    pictures = {str(path.relative_to(folder / "out/all")) for path in (folder / "out/all").rglob("*.png")}
    assert pictures == {"entropies.png", *(f"{name}/{utt}.png" for name in ("global", "resolutions") for utt in ("rec-a", "rec-e"))}


@pytest.fixture
def show(folder, tmp_path, monkeypatch):
    """show(*arguments): the command within this process, in `folder`."""
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(ROOT / "pyscripts/bin")
    spec = importlib.util.spec_from_file_location("show_attention", ROOT / "pyscripts/bin/show_attention.py")
    command = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(command)

    def call(*arguments: str) -> Path:
        monkeypatch.setattr(sys, "argv", ["show_attention.py", *arguments, str(tmp_path / "out")])
        command.main()
        return tmp_path / "out"

    return call


def test_a_chosen_utterance_is_drawn_and_no_other(show):
    out = show("--utt", "rec-d", "exp/global", "data")
    assert [path.name for path in (out / "global").iterdir()] == ["rec-d.png"]


def test_the_numbers_do_not_depend_on_the_batches(show):
    def table(size: str) -> np.ndarray:
        return np.loadtxt(
            show("--num-plots", "0", "--frames-per-batch", size, "exp/resolutions", "data") / "entropies.tsv", skiprows=3, usecols=2
        )

    np.testing.assert_allclose(table("1"), table("1000"), atol=2e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["exp/global", "exp/statistics", "data"],
            "exp/statistics/final.pt: its pooling, StatisticsPooling, has no weights .* MultiResolution",
        ),
        (["--utt", "rec-x", "exp/global", "data"], "data/feats.scp: has no utterance rec-x"),
        (["exp/global", "exp/../exp/global", "data"], "an experiment is given twice"),
        (["exp/global", "exp/wide", "data"], "exp/global/final.pt was trained on 6 dimensions, exp/wide/final.pt on 7"),
        (["exp/wide", "data"], "utterance rec-a: features are .60, 6., the model was trained on 7"),
        (["exp/none", "data"], "cannot read exp/none/final.pt"),
        (["--num-plots", "-1", "exp/global", "data"], "--num-plots is -1"),
    ],
)
def test_mistakes_are_refused_before_anything_is_written(show, tmp_path, arguments, message):
    with pytest.raises(CortadoError, match=message):
        show(*arguments)
    assert not (tmp_path / "out").exists()


def test_features_without_their_silence_are_not_put_over_the_waveform(show, folder, tmp_path):
    data = shutil.copytree(folder / "data", tmp_path / "voiced")
    write_table(data / "segments", dict.fromkeys(NUM_FRAMES, "rec 0.00 4.00"))
    with pytest.raises(CortadoError, match=r"utterance rec-a: 60 frames of 0.01 s are not of these 4.00 s .*--num-plots 0"):
        show("exp/global", str(data))
