"""Training on whole clips: each comes once an epoch and unchanged, and padding changes neither loss nor validation."""

import numpy as np
import pytest
import torch

from cortado.ark import ArkWriter, read
from cortado.config import ClassSpec
from cortado.datadir import DataDir
from cortado.errors import ConfigError
from cortado.train.settings import TrainSettings
from cortado.train.speaker import CropSettings, SpeakerConfig
from cortado.train.whole_clips import WholeClipTask

DIM = 16
LONGEST = 30
ENCODER = ClassSpec("cortado.nn.encoders.residual_blstm.ResidualBLSTM", {"channels": 4, "num_blocks": 1, "hidden_dim": 5})


def write_clips(folder, seed: int, num_clips: int = 46) -> DataDir:
    """Clips of 2 to 40 frames, of two singers in turn; column 0 of all frames holds the clip's number, column 1 the frame's."""
    rng = np.random.default_rng(seed)
    folder.mkdir()
    tables = {"utt2spk": [], "utt2num_frames": []}
    with ArkWriter(folder / "feats.ark", folder / "feats.scp") as out:
        for number in range(num_clips):
            clip, num_frames = f"s{number * 2 // num_clips}-{number:03d}", int(rng.integers(2, 41))
            feats = rng.standard_normal((num_frames, DIM)).astype(np.float32)
            feats[:, 0], feats[:, 1] = number, np.arange(num_frames)
            out.write(clip, feats)
            tables["utt2spk"].append(f"{clip} {clip[:2]}\n")
            tables["utt2num_frames"].append(f"{clip} {num_frames}\n")
    for name, lines in tables.items():
        (folder / name).write_text("".join(lines))
    return DataDir(folder)


def make_config(**changes) -> SpeakerConfig:
    values = {
        "encoder": ENCODER,
        "pooling": ClassSpec("cortado.nn.pooling.average.AveragePooling"),
        "loss": ClassSpec("cortado.nn.losses.softmax.Softmax"),
        "training": TrainSettings(epochs=2, batch_size=8),
        "embedding_dim": 6,
        "normalise": "level",
        "crops": CropSettings(frames=(LONGEST, LONGEST)),
    }
    return SpeakerConfig(**{**values, **changes})


@pytest.fixture
def data(tmp_path) -> DataDir:
    return write_clips(tmp_path / "train", seed=0)


@pytest.fixture
def task(data, tmp_path) -> WholeClipTask:
    torch.manual_seed(0)
    return WholeClipTask(make_config(), data, seed=3, valid=write_clips(tmp_path / "valid", seed=1, num_clips=21))


def test_every_clip_comes_once_an_epoch_whole_with_zeros_behind_it_and_only_longer_ones_are_cut(task, data):
    feats = [read(rxfile) for rxfile in data.feats_scp.values()]
    seen, cut_at = [], set()
    for number in range(2 * task.batches_per_epoch):
        features, lengths, speakers, weight = task.batch(number)
        assert weight == 1 and features.shape[1] == lengths.max() <= LONGEST
        for row, length, speaker in zip(features.numpy(), lengths.tolist(), speakers.tolist(), strict=True):
            clip, start = int(row[0, 0]), int(row[0, 1])
            seen.append(clip)
            assert speaker == clip * 2 // 46 and length == min(LONGEST, len(feats[clip])) and not row[length:].any()
            assert np.array_equal(row[:length], feats[clip][start : start + length])
            if len(feats[clip]) > LONGEST:
                cut_at.add(start)
            else:
                assert start == 0
    assert sorted(seen[:46]) == sorted(seen[46:]) == list(range(46)) and seen[:46] != seen[46:]
    assert len(cut_at) > 2


def test_a_batch_is_a_function_of_its_number_and_the_largest_batch_is_the_largest(task, data):
    other = WholeClipTask(make_config(), data, seed=3)
    sizes = set()
    for number in (5, 0, 3):
        assert all(torch.equal(a, b) for a, b in zip(task.batch(number), other.batch(number), strict=True))
    for number in range(task.batches_per_epoch):
        sizes.add(task.batch(number)[0].shape[:2])
    assert max(rows * frames for rows, frames in sizes) <= task.largest_batch()[0].shape[:2].numel() <= 8 * LONGEST
    task.loss(task.largest_batch(), 0.0)[0].backward()


def test_the_loss_is_the_mean_over_clips_alone_whatever_stands_in_the_padding(task):
    task.model.eval()
    features, lengths, speakers, weight = task.batch(1)
    assert lengths.min() < lengths.max()
    alone = [
        task.loss((row[None, :length], length[None], speaker[None], weight), 0.0)[0]
        for row, length, speaker in zip(features, lengths, speakers, strict=True)
    ]
    padded = torch.nn.functional.pad(features, (0, 0, 0, 426 - features.shape[1]))  # to the fixed size of the paper
    for row, length in zip(padded, lengths, strict=True):
        row[length:] = 1e3
    for version in (features, padded):
        assert task.loss((version, lengths, speakers, weight), 0.0)[0].item() == pytest.approx(torch.stack(alone).mean().item(), rel=1e-5)


def test_ranks_take_the_rows_of_the_whole_batch_as_they_are_and_their_weighted_means_average_to_its_mean(task, monkeypatch):
    task.model.eval()
    batches = list(map(task.batch, range(task.batches_per_epoch)))
    number = next(n for n, (x, lengths, *_) in enumerate(batches) if len(x) % 3 and (lengths == lengths.max()).sum() == 1)
    batch = batches[number]
    whole, figures = task.loss(batch, 0.0)
    monkeypatch.setattr("cortado.train.whole_clips.world_size", lambda: 3)
    losses, accuracies, rows = [], [], []
    for rank in range(3):
        monkeypatch.setattr("cortado.train.whole_clips.share", lambda size, rank=rank: range(rank * size // 3, (rank + 1) * size // 3))
        rows.append(task.batch(number))
        value, its_figures = task.loss(rows[-1], 0.0)
        losses.append(value.item())
        accuracies.append(its_figures["accuracy"].item())
    for of_ranks, of_the_batch in zip(list(zip(*rows, strict=True))[:3], batch[:3], strict=True):
        assert torch.equal(torch.cat(of_ranks), of_the_batch)
    assert np.mean(losses) == pytest.approx(whole.item(), rel=1e-5)
    assert np.mean(accuracies) == pytest.approx(figures["accuracy"].item())


def test_validation_is_the_mean_over_all_held_out_clips_alone_of_the_middles_of_long_ones(task, tmp_path):
    task.model.eval()
    losses, right = [], []
    for clip, rxfile in DataDir(tmp_path / "valid").feats_scp.items():
        feats = read(rxfile)
        start = max(0, len(feats) - LONGEST) // 2
        embedding, label = task.model["network"](torch.from_numpy(feats[start : start + LONGEST])[None]), torch.tensor([int(clip[1])])
        losses.append(task.model["loss"](embedding, label).item())
        right.append(bool(task.model["loss"].logits(embedding).argmax(1) == label))
    assert task.validate() == {"loss": pytest.approx(np.mean(losses), rel=1e-5), "accuracy": pytest.approx(np.mean(right))}


@pytest.mark.parametrize(
    "changes",
    [
        {"crops": CropSettings(frames=(9, 9), per_utterance=2)},
        {"crops": CropSettings(frames=(9, 9), per_speaker=3)},
        {"loss": ClassSpec("cortado.nn.losses.ge2e.GE2E", {"utterances_per_speaker": 2})},
    ],
)
def test_what_whole_clips_cannot_do_is_refused(data, changes):
    with pytest.raises(ConfigError, match="whole clips are taken once an epoch, for a loss on single utterances"):
        WholeClipTask(make_config(**changes), data, seed=0)
