"""The speaker task: batches are functions of their number, labels are right, epochs are whole, validation measures the network."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from cortado.ark import ArkWriter, read
from cortado.config import ClassSpec, dump_yaml, load_config
from cortado.datadir import DataDir
from cortado.errors import ConfigError, CortadoError
from cortado.train.settings import TrainSettings
from cortado.train.speaker import CropSettings, SpeakerConfig, SpeakerTask

DIM = 4
NUM_SPEAKERS = 3


def write_data(folder: Path, per_speaker: int, seed: int, num_speakers: int = NUM_SPEAKERS) -> DataDir:
    """Utterance s<k>-<n> of 10 to 30 frames. Column 0 holds the speaker's number, column 1 the utterance's, the others noise."""
    rng = np.random.default_rng(seed)
    folder.mkdir()
    tables = {"utt2spk": [], "utt2num_frames": []}
    with ArkWriter(folder / "feats.ark", folder / "feats.scp") as out:
        for speaker in range(num_speakers):
            for number in range(per_speaker):
                utt, num_frames = f"s{speaker}-{number}", int(rng.integers(10, 31))
                feats = rng.standard_normal((num_frames, DIM)).astype(np.float32)
                feats[:, 0], feats[:, 1] = speaker, number
                out.write(utt, feats)
                tables["utt2spk"].append(f"{utt} s{speaker}\n")
                tables["utt2num_frames"].append(f"{utt} {num_frames}\n")
    for name, lines in tables.items():
        (folder / name).write_text("".join(lines))
    return DataDir(folder)


def make_config(**changes) -> SpeakerConfig:
    values = {
        "encoder": ClassSpec("cortado.nn.encoders.tdnn.TDNN", {"channels": (8,), "kernel_sizes": (3,), "dilations": (1,)}),
        "pooling": ClassSpec("cortado.nn.pooling.statistics.StatisticsPooling"),
        "loss": ClassSpec("cortado.nn.losses.aam_softmax.AAMSoftmax"),
        "training": TrainSettings(epochs=2, batch_size=4),
        "embedding_dim": 6,
        "normalise": "none",
        "crops": CropSettings(frames=(8, 12)),
    }
    return SpeakerConfig(**{**values, **changes})


def utterances(batch: tuple[torch.Tensor, torch.Tensor]) -> list[tuple[int, int]]:
    """(speaker, number) of each crop, as write_data put them into the first two columns."""
    return [(int(speaker), int(number)) for speaker, number in batch[0][:, 0, :2]]


@pytest.fixture
def data(tmp_path) -> DataDir:
    return write_data(tmp_path / "train", per_speaker=8, seed=0)


def test_a_batch_is_a_function_of_seed_and_number_alone(data):
    task, fresh = SpeakerTask(make_config(), data, seed=3), SpeakerTask(make_config(), data, seed=3)
    batches = [task.batch(number) for number in range(8)]
    for number in (7, 0, 4):  # in another order, by another object
        for expected, found in zip(batches[number], fresh.batch(number), strict=True):
            assert torch.equal(expected, found)
    other_seed = SpeakerTask(make_config(), data, seed=4).batch(0)
    for other in (batches[1], other_seed):
        assert utterances(other) != utterances(batches[0])


def test_ranks_read_their_rows_alone_and_these_are_the_rows_of_the_whole_batch(data, monkeypatch):
    """With an augmentation that draws another amount of random numbers for each row."""
    task = SpeakerTask(make_config(), data, seed=3)
    read, lines = task.crops.read, []

    def augmented(index, start, stop, rng):
        lines.append(index)
        return read(index, start, stop, rng) + rng.standard_normal(1 + index % 3).astype(np.float32)[-1]

    monkeypatch.setattr(task.crops, "read", augmented)
    whole = [task.batch(number) for number in range(3)]
    monkeypatch.setattr("cortado.train.settings.world_size", lambda: 2)
    for rank in range(2):
        monkeypatch.setattr("cortado.train.speaker.share", lambda size, rank=rank: range(rank * size // 2, (rank + 1) * size // 2))
        for number, (features, labels) in enumerate(whole):
            lines.clear()
            own_features, own_labels = task.batch(number)
            assert torch.equal(own_features, features[2 * rank : 2 * rank + 2]) and torch.equal(own_labels, labels[2 * rank : 2 * rank + 2])
            assert len(lines) == 2
        assert len(task.largest_batch()[0]) == 2


def test_labels_are_the_speakers_of_the_crops(data):
    task = SpeakerTask(make_config(), data, seed=0)
    assert task.speakers == ["s0", "s1", "s2"]
    for number in range(10):
        features, labels = task.batch(number)
        assert features.dtype == torch.float32 and labels.dtype == torch.int64
        assert torch.equal(features[:, 0, 0].long(), labels)


def test_every_utterance_comes_once_in_an_epoch_for_each_of_its_crops(data):
    task = SpeakerTask(make_config(crops=CropSettings(frames=(8, 12), per_utterance=2)), data, seed=0)
    assert task.batches_per_epoch == 2 * 24 // 4
    seen = [utterance for number in range(task.batches_per_epoch) for utterance in utterances(task.batch(number))]
    assert sorted(seen) == sorted(2 * [(speaker, number) for speaker in range(NUM_SPEAKERS) for number in range(8)])


def test_crops_have_one_length_a_batch_between_the_limits_and_the_largest_batch_is_the_largest(data):
    task = SpeakerTask(make_config(), data, seed=0)
    lengths = [task.batch(number)[0].shape[1] for number in range(40)]
    assert set(lengths) == {8, 9, 10, 11, 12}
    features, labels = task.largest_batch()
    assert features.shape == (4, 12, DIM) and labels.shape == (4,) and labels.max() < NUM_SPEAKERS


def test_the_margin_grows_from_nothing_to_its_full_size(data):
    task = SpeakerTask(make_config(margin_ramp=0.5), data, seed=0)
    task.model.eval()
    losses = [task.loss(task.batch(0), progress)[0].item() for progress in (0.0, 0.25, 0.5, 1.0)]
    assert losses[0] < losses[1] < losses[2] == losses[3]
    scores = task.model["loss"].logits(task.model["network"](task.batch(0)[0]))
    assert losses[0] == pytest.approx(torch.nn.functional.cross_entropy(scores, task.batch(0)[1]).item(), rel=1e-5)


def test_validation_is_the_mean_over_the_middles_of_all_held_out_utterances(data, tmp_path):
    held_out = write_data(tmp_path / "valid", per_speaker=3, seed=1)
    task = SpeakerTask(make_config(), data, seed=0, valid=held_out)
    task.model.eval()
    figures = task.validate()
    middles, labels = [], []
    for utt, rxfile in held_out.feats_scp.items():
        feats = read(rxfile)
        rows = np.arange(12) + max(0, len(feats) - 12) // 2
        middles.append(feats[rows % len(feats)])
        labels.append(int(utt[1]))
    embeddings = task.model["network"](torch.from_numpy(np.stack(middles)))
    assert figures["loss"] == pytest.approx(task.model["loss"](embeddings, torch.tensor(labels)).item(), rel=1e-5)
    right = task.model["loss"].logits(embeddings).argmax(1) == torch.tensor(labels)
    assert figures["accuracy"] == pytest.approx(float(right.float().mean()))


GE2E = ClassSpec("cortado.nn.losses.ge2e.GE2E", {"utterances_per_speaker": 3})


def episode_config(loss: ClassSpec = GE2E, batch_size: int = 6, **changes) -> SpeakerConfig:
    return make_config(loss=loss, training=TrainSettings(epochs=2, batch_size=batch_size), **changes)


def test_a_loss_on_episodes_gets_whole_speakers_and_a_rank_gets_its_share_of_them(data, monkeypatch):
    task = SpeakerTask(episode_config(), data, seed=3)
    assert task.batches_per_epoch == 3  # 3 speakers with 2 groups of 3 utterances each, 2 speakers a batch
    whole = [task.batch(number) for number in range(6)]
    for number, (features, labels) in enumerate(whole):
        assert torch.equal(features[:, 0, 0].long(), labels) and torch.equal(task.batch(number)[0], features)
        assert torch.equal(labels, labels[::3].repeat_interleave(3)) and len(labels[::3].unique()) == 2
        assert len(set(utterances((features, labels)))) == 6
    assert [len(part) for part in task.largest_batch()] == [6, 6]
    assert task.largest_batch()[1].tolist() == [0, 0, 0, 1, 1, 1]
    monkeypatch.setattr("cortado.train.settings.world_size", lambda: 2)
    for rank in range(2):
        monkeypatch.setattr("cortado.train.speaker.share", lambda size, rank=rank: range(rank * size // 2, (rank + 1) * size // 2))
        for number, (features, _) in enumerate(whole):
            assert torch.equal(task.batch(number)[0], features[3 * rank : 3 * rank + 3])


def test_a_limit_for_each_speaker_holds_for_classification_too(data):
    task = SpeakerTask(make_config(crops=CropSettings(frames=(8, 12), per_speaker=5), training=TrainSettings(1, batch_size=3)), data, 0)
    assert task.batches_per_epoch == 5
    shown = [utterance for number in range(5) for utterance in utterances(task.batch(number))]
    assert len(set(shown)) == len(shown) and np.bincount([speaker for speaker, _ in shown]).tolist() == [5, 5, 5]
    assert all(len(set(task.batch(number)[1].tolist())) == 3 for number in range(5))


@pytest.mark.parametrize(
    ("config", "ranks", "message"),
    [
        (
            episode_config(batch_size=8),
            1,
            r"training\.batch_size is 8: .*GE2E holds whole speakers, with 3 utterances each; make it a multiple of 3,",
        ),
        (episode_config(batch_size=3), 1, "of 2 speakers or more"),
        (episode_config(batch_size=6), 4, "with 3 utterances each on each of 4 ranks; make it a multiple of 12,"),
        (episode_config(batch_size=12), 1, "train: a batch takes 4 speakers, and there are 3"),
        (episode_config(crops=CropSettings((8, 12), per_speaker=2)), 1, r"crops\.per_speaker is 2, fewer than the 3 utterances"),
        (
            episode_config(ClassSpec("cortado.nn.losses.ge2e.GE2E"), batch_size=20),
            1,
            "train: 3 of 3 speakers have fewer than the 10 utterances",
        ),
        (episode_config(margin_ramp=0.5), 1, "margin_ramp is 0.5, and cortado.nn.losses.ge2e.GE2E has no margin"),
    ],
)
def test_a_batch_that_cannot_be_made_of_whole_speakers_is_refused_in_words(data, monkeypatch, config, ranks, message):
    monkeypatch.setattr("cortado.train.speaker.world_size", lambda: ranks)
    with pytest.raises(CortadoError, match=message):
        SpeakerTask(config, data, seed=0)


@pytest.mark.parametrize(
    ("loss", "classifies"), [(GE2E, False), (ClassSpec("cortado.nn.losses.np_softmax.NPSoftmax", {"utterances_per_speaker": 3}), True)]
)
def test_validation_of_a_loss_on_episodes_is_its_mean_over_fixed_episodes_and_only_classifiers_have_an_accuracy(
    data, tmp_path, loss, classifies
):
    task = SpeakerTask(episode_config(loss), data, seed=0, valid=write_data(tmp_path / "valid", per_speaker=7, seed=1))
    task.model.eval()
    figures = task.validate()
    assert figures == task.validate() and ("accuracy" in figures) == classifies == ("accuracy" in task.loss(task.batch(0), 0.0)[1])
    network, measured = task.model["network"], []
    feats = {utt: read(rxfile) for utt, rxfile in DataDir(tmp_path / "valid").feats_scp.items()}
    for items in task.valid.batches:
        names = [task.valid.crops.utterances[item] for item in items]
        middles = [feats[n][(np.arange(12) + max(0, len(feats[n]) - 12) // 2) % len(feats[n])] for n in names]
        labels = torch.tensor([int(name[1]) for name in names])
        measured.append(task.model["loss"](network(torch.from_numpy(np.stack(middles))), labels).item())
    assert len(measured) == 3 and figures["loss"] == pytest.approx(np.mean(measured), rel=1e-5)


def test_the_penalty_of_a_pooling_is_part_of_the_training_loss_and_of_no_validation(data):
    pooling = ClassSpec("cortado.nn.pooling.structured.StructuredPooling", {"num_heads": 2, "hidden_dim": 4, "penalty_weight": 0.5})
    task = SpeakerTask(make_config(pooling=pooling), data, seed=0, valid=data)
    batch, network = task.batch(0), task.model["network"]
    value, figures = task.loss(batch, 0.0)
    plain = task.model["loss"](network(batch[0]), batch[1])
    penalty = network.pooling.take_penalty()
    assert penalty > 0 and figures["penalty"] == penalty and value.item() == pytest.approx((plain + penalty).item(), rel=1e-6)
    gradients = torch.autograd.grad(value - plain, network.pooling.heads.weight)
    assert float(gradients[0].abs().max()) > 0
    task.model.eval()
    task.validate()
    assert task.loss(batch, 0.0)[1]["penalty"] == 0


def test_the_loss_is_as_wide_as_what_the_head_gives_it(data):
    head = ClassSpec("cortado.nn.heads.SerializedHead", {"hidden_dim": 20})
    pooling = ClassSpec("cortado.nn.pooling.average.AveragePooling")
    task = SpeakerTask(make_config(head=head, pooling=pooling, embedding_dim=8), data, seed=0)
    assert task.model["loss"].weight.shape == (NUM_SPEAKERS, 20)
    assert task.model["network"].embed(task.batch(0)[0]).shape == (4, 8)
    task.loss(task.batch(0), 0.0)[0].backward()


def test_an_utterance_without_a_speaker_is_named(data):
    lines = (data.path / "utt2spk").read_text().splitlines(keepends=True)
    (data.path / "utt2spk").write_text("".join(line for line in lines if not line.startswith("s1-4 ")))
    with pytest.raises(CortadoError, match="utt2spk: has no line for utterance s1-4"):
        SpeakerTask(make_config(), DataDir(data.path), seed=0)


def test_speakers_without_features_are_no_classes(data):
    with open(data.path / "utt2spk", "a") as table:
        table.write("s9-0 s9\n")
    assert SpeakerTask(make_config(), DataDir(data.path), seed=0).speakers == ["s0", "s1", "s2"]


def test_without_held_out_data_there_is_nothing_to_validate(data):
    assert SpeakerTask(make_config(), data, seed=0).validate() == {}


def test_data_that_cannot_train_a_network_are_refused(tmp_path):
    with pytest.raises(CortadoError, match="1 speaker; telling speakers apart needs at least 2"):
        SpeakerTask(make_config(), write_data(tmp_path / "one", per_speaker=8, seed=0, num_speakers=1), seed=0)
    with pytest.raises(CortadoError, match=r"has 3 utterances, fewer than training\.batch_size 4"):
        SpeakerTask(make_config(), write_data(tmp_path / "few", per_speaker=1, seed=0), seed=0)


def test_a_held_out_speaker_who_is_not_trained_on_is_named(data, tmp_path):
    strangers = write_data(tmp_path / "valid", per_speaker=1, seed=1, num_speakers=4)
    with pytest.raises(CortadoError, match="utterance s3-0: its speaker s3 is not among the training speakers"):
        SpeakerTask(make_config(), data, seed=0, valid=strangers)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.epochs=few", "training: epochs: expected int, found 'few'"),
        ("training.average=9", "average is 9 epochs, more than the 2"),
        ("crops.frames=[12, 8]", "ascending pair"),
        ("crops.frames=[0, 8]", "ascending pair"),
        ("crops.per_utterance=0", "per_utterance must be at least 1"),
        ("margin_ramp=2", "margin_ramp is a fraction"),
        ("crops.per_speaker=0", "per_speaker must be at least 1"),
        ("normalise=variance", "normalise: 'variance' is not one of none, level, mean, mean_variance"),
        ("pooling.class=cortado.nn.pooling.nothing.Pooling", "pooling: class cortado.nn.pooling.nothing.Pooling"),
        ("encoder.chanels=[4]", "unknown key 'chanels'; allowed: feat_dim, channels"),
    ],
)
def test_an_impossible_option_of_the_config_is_named(tmp_path, override, message):
    (tmp_path / "train.yaml").write_text(dump_yaml(make_config()))
    assert load_config(SpeakerConfig, tmp_path / "train.yaml") == make_config()
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_config(SpeakerConfig, tmp_path / "train.yaml", [override])
