"""Training a UBM on planted clusters (synthetic), and data on which none can be trained."""

import numpy as np
import pytest
import torch

from cortado import ark
from cortado.datadir import DataDir
from cortado.errors import CortadoError
from cortado.ivector.frames import SpeechFrames
from cortado.ivector.front_end import FrontEnd
from cortado.ivector.gmm import Gmm
from cortado.ivector.settings import UbmSettings
from cortado.ivector.ubm import UbmTraining, accumulate

MIXING = np.array([[1, 0.8], [0, 0.6]])  # of independent dimensions, in each cluster
CENTRES = np.array([[-6.0, 0], [0, 6], [6, 0], [0, -6]])
PLAIN = FrontEnd(delta_order=0, cmvn="none", vad=False)


@pytest.fixture
def frames(tmp_path) -> SpeechFrames:
    """Twelve utterances of 200 frames from four clusters, correlated within each."""
    rng = np.random.default_rng(0)
    with ark.ArkWriter(tmp_path / "feats.ark", tmp_path / "feats.scp") as out:
        for number in range(12):
            cluster = rng.integers(4, size=200)
            noise = rng.normal(size=(200, 2)) @ MIXING
            out.write(f"u{number:02}", (CENTRES[cluster] + noise).astype(np.float32))
    (tmp_path / "utt2num_frames").write_text("".join(f"u{number:02} 200\n" for number in range(12)))
    return SpeechFrames(DataDir(tmp_path), PLAIN)


def training(frames: SpeechFrames, **settings) -> UbmTraining:
    return UbmTraining(frames, frames.utterances, UbmSettings(**settings), seed=0, device=torch.device("cpu"))


def test_training_ends_above_the_likelihood_of_the_planted_mixture_and_never_falls(frames):
    ubm = training(frames, num_gauss=8, diagonal_iterations=10, diagonal_every=2, full_iterations=15, min_frames=10)
    model, log_likes = ubm.begin(), []
    for iteration in range(ubm.num_iterations):
        model, log_like = ubm.step(model, iteration)
        log_likes.append(log_like)
    assert (np.diff(log_likes[:10]) > -1e-9).all() and (np.diff(log_likes[10:]) > -1e-9).all()
    planted = Gmm(*map(torch.from_numpy, (np.full(4, 0.25), CENTRES, np.stack([MIXING.T @ MIXING] * 4))))
    everything = [frames.read(utterance) for utterance in frames.utterances]
    found, wanted, start = (accumulate(gmm, everything)[1] for gmm in (Gmm(**model), planted, Gmm(**ubm.begin())))
    assert found > wanted > start + 1


def test_a_dropped_gaussian_is_said(frames, capsys):
    ubm = training(frames, num_gauss=8, min_frames=300, diagonal_every=1)
    model, _ = ubm.step(ubm.begin(), 0)
    left = len(model["weights"])
    assert left < 8 and f"{left} are left" in capsys.readouterr().out


def test_more_gaussians_than_frames_are_refused(frames):
    with pytest.raises(CortadoError, match="has 2400 speech frames to begin 2401 Gaussians with"):
        training(frames, num_gauss=2401).begin()


@pytest.mark.parametrize(
    ("matrix", "message"), [([[1, 0], [0, 0]], "column 1 of the features is constant"), ([[1, 1], [0, 0]], "singular")]
)
def test_columns_that_say_nothing_of_their_own_are_refused(frames, matrix, message):
    read = frames.read
    frames.read = lambda utterance: read(utterance) @ torch.tensor(matrix, dtype=torch.float64)
    ubm = training(frames, num_gauss=2, diagonal_iterations=1, full_iterations=2, min_frames=10)
    with pytest.raises(CortadoError, match=message):
        model = ubm.begin()
        for iteration in range(ubm.num_iterations):
            model, _ = ubm.step(model, iteration)
