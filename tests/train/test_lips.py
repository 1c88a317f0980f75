"""The lip-reading task: batches are functions of their number, ranks share a loss exactly, validation is of each clip, and it learns."""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parent))
from lip_data import NUM_CLASSES, TOKENS, make_config, make_task, write_clips

from cortado import ark
from cortado.config import ClassSpec
from cortado.datadir import DataDir
from cortado.errors import ConfigError, CortadoError
from cortado.nn.sync_norm import synchronise_batch_norms
from cortado.stop import Interrupted
from cortado.train.lip_pixels import PixelSettings, longest_length, middle_view
from cortado.train.lips import LipTask, load_clips
from cortado.train.loop import train
from cortado.train.settings import OptimiserSettings, ScheduleSettings, TrainSettings

LENGTHS = [12, 30, 9, 16, 12, 13, 8, 12]
SPEEDS = PixelSettings(size=24, speed=0.5)
KINDS = {
    "states": {},
    "tokens": {"targets": TOKENS, "upsample": 1},
    "states at other speeds": {"pixels": SPEEDS},
    "tokens at other speeds": {"targets": TOKENS, "upsample": 1, "pixels": SPEEDS},
}


@pytest.fixture
def data(tmp_path) -> DataDir:
    return write_clips(tmp_path / "train", LENGTHS)


@pytest.fixture(params=KINDS)
def changes(request) -> dict:
    return KINDS[request.param]


def test_a_batch_is_a_function_of_seed_and_number_alone(data, changes):
    task, fresh = (make_task(make_config(**changes), data) for _ in range(2))
    batches = [task.batch(number) for number in range(6)]
    for number in (5, 0, 3):
        assert all(torch.equal(a, b) for a, b in zip(batches[number], fresh.batch(number), strict=True))
    other = make_task(make_config(**changes), data, seed=4)
    assert any(a.shape != b.shape or not torch.equal(a, b) for a, b in zip(batches[0], other.batch(0), strict=True))


def test_targets_are_those_of_the_frames_in_the_batch(data):
    """The bar of a frame is as high as its class says, so frames of a higher class are brighter."""
    config = make_config(pixels=PixelSettings(size=28, flip=False, contrast=0.0, num_masks=0), max_frames=10)
    task = make_task(config, data)
    for number in range(task.batches_per_epoch):
        x, lengths, targets, sizes, _ = task.batch(number)
        for clip, length, row, size in zip(x, lengths, targets, sizes, strict=True):
            assert size == 4 * length <= 40
            classes = row[:size].view(-1, 4)[:, 0]
            brightness = [clip[:length][classes == c, 2:20, 4:-4].mean() for c in classes.unique()]
            assert brightness == sorted(brightness)


@pytest.mark.parametrize("num_ranks", [2, 3])
def test_the_mean_of_the_ranks_losses_and_gradients_is_that_of_the_whole_batch(data, changes, monkeypatch, num_ranks):
    """In evaluation mode: batch normalisation over ranks has its own test."""
    task = make_task(make_config(**changes), data)
    task.model.eval()

    def results(batch) -> dict[str, torch.Tensor]:
        task.model.zero_grad()
        loss, figures = task.loss(batch, 0.0)
        loss.backward()
        return {"loss": loss.detach(), **figures, **{name: p.grad.clone() for name, p in task.model.named_parameters()}}

    for number in range(task.batches_per_epoch):
        if len(task.buckets.batch(number)) < num_ranks:
            continue
        whole, of_ranks = results(task.batch(number)), []
        monkeypatch.setattr("cortado.train.lips.world_size", lambda: num_ranks)
        for rank in range(num_ranks):
            monkeypatch.setattr("cortado.train.lips.share", lambda n, r=rank: range(r * n // num_ranks, (r + 1) * n // num_ranks))
            of_ranks.append(results(task.batch(number)))
        monkeypatch.undo()
        for name, value in whole.items():
            torch.testing.assert_close(sum(found[name] for found in of_ranks) / num_ranks, value, atol=1e-5, rtol=1e-4)


def sum_over_threads(num_threads: int):
    """An all_reduce_sum whose ranks are so many threads."""
    barrier, given = Barrier(num_threads, timeout=60), []

    def all_reduce_sum(value: torch.Tensor) -> torch.Tensor:
        if barrier.wait() == 0:
            given.clear()
        barrier.wait()
        given.append(value)
        barrier.wait()
        return sum(given)

    return all_reduce_sum


def test_in_training_ranks_whose_clips_are_padded_to_different_lengths_are_as_one_process(data, monkeypatch):
    """Batch normalisation takes its statistics over the clips of all ranks, and over no padding."""
    visual = ClassSpec("cortado.nn.visual.stingy.StiRes3D", {"width": 4, "blocks": (1, 1)})
    encoder = ClassSpec(make_config().encoder.path, {**make_config().encoder.arguments, "dropout": 0.0})
    config = make_config(visual=visual, encoder=encoder, dropout=0.0, batch_frames=80)

    def fresh_task() -> LipTask:
        torch.manual_seed(0)
        return make_task(config, data)

    def results(task: LipTask, batch) -> dict[str, torch.Tensor]:
        loss, _ = task.loss(batch, 0.0)
        loss.backward()
        gradients = {name: parameter.grad for name, parameter in task.model.named_parameters()}
        return {"loss": loss.detach(), **gradients, **{name: buffer.float() for name, buffer in task.model.named_buffers()}}

    one, of_two, batches = fresh_task(), [fresh_task(), fresh_task()], []
    whole = results(one, one.batch(0))
    monkeypatch.setattr("cortado.train.lips.world_size", lambda: 2)
    for rank in (0, 1):
        monkeypatch.setattr("cortado.train.lips.share", lambda n, r=rank: range(r * n // 2, (r + 1) * n // 2))
        batches.append(one.batch(0))
    assert batches[0][0].shape[1] != batches[1][0].shape[1] and any((lengths < x.shape[1]).any() for x, lengths, *_ in batches)
    monkeypatch.setattr("cortado.nn.sync_norm.all_reduce_sum", sum_over_threads(2))
    for task in of_two:
        synchronise_batch_norms(task.model)
    with ThreadPoolExecutor(2) as ranks:
        first, second = ranks.map(results, of_two, batches)
    for name, value in whole.items():
        torch.testing.assert_close((first[name] + second[name]) / 2, value, atol=1e-5, rtol=1e-4)


def test_clips_come_at_other_speeds_with_as_many_targets(data):
    """The bar is as high as the class says at any speed."""
    task = make_task(make_config(pixels=PixelSettings(size=28, flip=False, contrast=0.0, num_masks=0, speed=1.0), max_frames=30), data)
    seen = set()
    for number in range(4 * task.batches_per_epoch):
        x, lengths, targets, sizes, scale = task.batch(number)
        seen.update(lengths.tolist())
        assert torch.equal(sizes, 4 * lengths) and 1 / scale.item() == pytest.approx(int(sizes.sum()))
        for clip, length, row, size in zip(x, lengths, targets, sizes, strict=True):
            heights = clip[:length, :, 4:-4].mean(dim=(1, 2))
            classes = row[:size].view(-1, 4).float().mean(dim=1)
            if classes.std() > 0:
                assert torch.corrcoef(torch.stack([heights, classes]))[0, 1] > 0.8
    assert min(seen) < 8 and max(seen) > 30 and max(seen) <= 60
    assert len(seen) > 12


def test_more_ranks_than_clips_in_a_batch_are_refused(data, monkeypatch):
    monkeypatch.setattr("cortado.train.lips.world_size", lambda: 4)
    with pytest.raises(ConfigError, match=r"some batches have [123] clips, too few for 4 ranks"):
        make_task(make_config(), data)


def test_validation_is_the_mean_over_all_targets_of_the_middles_of_clips_one_by_one(data, tmp_path):
    config = make_config(targets=ClassSpec("cortado.train.frame_targets.FrameTargets", {"label_smoothing": 0.2}))
    held_out = write_clips(tmp_path / "valid", [30, 11, 7, 12, 25], seed=1)
    task = make_task(config, data, held_out)
    task.model.eval()
    scores, classes = [], []
    for utterance in held_out.table("lips.scp"):
        clip, row = (ark.read(held_out.table(f"{name}.scp")[utterance]) for name in ("lips", "targets"))
        start = max(0, len(clip) - 20) // 2
        scores.append(task.model(torch.from_numpy(middle_view(clip[start : start + 20], config.pixels))[None])[0].detach())
        classes.append(torch.from_numpy(row[4 * start :][: len(scores[-1])]).long())
    scores, classes = torch.cat(scores), torch.cat(classes)
    figures = task.validate()
    assert figures["loss"] == pytest.approx(F.cross_entropy(scores, classes).item(), rel=1e-4)
    assert figures["accuracy"] == pytest.approx((scores.argmax(1) == classes).float().mean().item())


def test_held_out_clips_with_other_classes_are_refused(data, tmp_path):
    held_out = write_clips(tmp_path / "valid", [12])
    (held_out.path / "num_classes").write_text("9\n")
    with pytest.raises(CortadoError, match=r"valid/targets.scp has 9 classes, .*train/targets.scp 4"):
        make_task(make_config(), data, held_out)


def test_the_largest_batch_is_as_large_as_any_and_has_a_loss(data, changes):
    task = make_task(make_config(**changes), data)
    largest = task.largest_batch()
    batches = [task.buckets.batch(number) for number in range(100 * task.batches_per_epoch)]
    lengths = [longest_length(int(task.data.lengths[items].max()), task.config.pixels) for items in batches]
    assert largest[0].shape[:2].numel() == max(len(items) * length for items, length in zip(batches, lengths, strict=True))
    assert largest[0].shape[2:] == task.batch(0)[0].shape[2:]
    assert task.loss(largest, 0.0)[0].isfinite()


def test_clips_smaller_than_the_crop_stop_before_training(data):
    with pytest.raises(CortadoError, match="frames of 28 x 28 pixels are smaller than the crop of 32"):
        make_task(make_config(pixels=PixelSettings(size=32)), data)


def test_stopped_and_started_again_a_run_ends_with_the_same_weights(data, tmp_path):
    class Stopping(LipTask):
        def loss(self, batch, progress):
            if progress > 0.3:
                os.kill(os.getpid(), signal.SIGTERM)
            return super().loss(batch, progress)

    def run(kind: type[LipTask], folder: str) -> dict[str, torch.Tensor]:
        config = make_config()
        torch.manual_seed(0)
        return train(kind(config, load_clips(config, data, data.path), seed=3), config.training, tmp_path / folder, "x")

    undisturbed = run(LipTask, "one")
    with pytest.raises(Interrupted):
        run(Stopping, "two")
    again = run(LipTask, "two")
    assert all(torch.equal(again[name], weight) for name, weight in undisturbed.items())


def test_training_finds_what_can_be_seen(tmp_path):
    """Of four heights of a bar, by 48 updates."""
    data, held_out = write_clips(tmp_path / "train", [12] * 48), write_clips(tmp_path / "valid", [12] * 8, seed=5)
    schedule, optimiser = ScheduleSettings(shape="cosine", warmup=0.1), OptimiserSettings(lr=0.01)
    settings = TrainSettings(epochs=8, batch_size=8, optimiser=optimiser, schedule=schedule, clip_norm=3.0)
    config = make_config(training=settings, batch_frames=96, pixels=PixelSettings(size=24, num_masks=0))
    torch.manual_seed(0)
    task = make_task(config, data, held_out)
    task.model.load_state_dict(train(task, settings, tmp_path / "exp", "x"))
    task.model.eval()
    assert task.validate()["accuracy"] > 0.75 > 2 / NUM_CLASSES
