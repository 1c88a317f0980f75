"""Targets: the losses against torch's cross-entropy and a sum over all paths of CTC, and contradictions named with both sides."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from cortado.ark import ArkWriter
from cortado.errors import CortadoError, DataError
from cortado.train.frame_targets import FrameTargets
from cortado.train.token_targets import TokenTargets

LIPS = Path("data/lips.scp")


def write_targets(folder: Path, table: str, rows: dict[str, list[int]], num_classes: int = 5) -> Path:
    with ArkWriter(folder / f"{table}.ark", folder / f"{table}.scp") as out:
        for utterance, row in rows.items():
            out.write(utterance, np.array(row, np.int32))
    (folder / "num_classes").write_text(f"{num_classes}\n")
    return folder


def log_posteriors(*shape: int) -> torch.Tensor:
    return torch.log_softmax(torch.randn(shape, generator=torch.Generator().manual_seed(0)), dim=-1)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_frame_loss_is_torchs_smoothed_cross_entropy_of_valid_frames(tmp_path, smoothing):
    targets = FrameTargets(write_targets(tmp_path, "targets", {"u": [0]}), upsample=1, label_smoothing=smoothing)
    scores, classes, lengths = log_posteriors(2, 6, 5), torch.randint(0, 5, (2, 6)), torch.tensor([6, 2])
    loss, correct = targets.loss(scores, lengths, classes, lengths, training=True)
    valid = torch.cat([scores[0], scores[1, :2]]), torch.cat([classes[0], classes[1, :2]])
    assert loss.item() == pytest.approx(F.cross_entropy(*valid, reduction="sum", label_smoothing=smoothing).item(), rel=1e-5)
    assert int(correct) == int((valid[0].argmax(1) == valid[1]).sum())
    plain, _ = targets.loss(scores, lengths, classes, lengths, training=False)
    assert plain.item() == pytest.approx(F.cross_entropy(*valid, reduction="sum").item(), rel=1e-5)


def test_smoothed_shares_are_the_mean_of_what_the_loss_is_least_at(tmp_path):
    """Where the network cannot tell frames apart, the loss is least at posteriors that are the smoothed shares of the classes."""
    targets = FrameTargets(write_targets(tmp_path, "targets", {"u": [0]}), upsample=1, label_smoothing=0.2)
    classes = torch.tensor([[0, 0, 0, 1, 1, 4, 0, 0]])
    shares = np.bincount(classes[0], minlength=5) / 8
    best = torch.from_numpy(np.log(targets.smoothed(shares))).requires_grad_()
    length = torch.tensor([8])
    targets.loss(torch.log_softmax(best, 0).expand(1, 8, 5), length, classes, length, training=True)[0].backward()
    assert best.detach().exp().sum().item() == pytest.approx(1) and best.grad.abs().max() < 1e-9


def collapse(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(token for token, _ in itertools.groupby(path) if token)


def test_token_loss_sums_over_all_paths_and_errors_are_those_of_the_best_path(tmp_path):
    targets = TokenTargets(write_targets(tmp_path, "tokens", {"u": [1]}, num_classes=3), upsample=1)
    scores, tokens = log_posteriors(2, 4, 3), [(1, 1), (2,)]
    lengths = [4, 3]
    loss, errors = targets.loss(scores, torch.tensor(lengths), torch.tensor([[1, 1], [2, 0]]), torch.tensor([2, 1]), training=True)
    expected, wrong = 0.0, 0
    for row, length, wanted in zip(scores, lengths, tokens, strict=True):
        paths = {path: sum(row[t, c].item() for t, c in enumerate(path)) for path in itertools.product(range(3), repeat=length)}
        expected -= np.logaddexp.reduce([score for path, score in paths.items() if collapse(path) == wanted])
        wrong += edit_distance(collapse(max(paths, key=paths.get)), wanted)
    assert loss.item() == pytest.approx(expected, rel=1e-5) and int(errors) == wrong


def edit_distance(a: tuple, b: tuple) -> int:
    if not a or not b:
        return len(a) + len(b)
    return min(edit_distance(a[1:], b) + 1, edit_distance(a, b[1:]) + 1, edit_distance(a[1:], b[1:]) + (a[0] != b[0]))


@pytest.mark.parametrize("upsample", [1, 4])
def test_a_count_of_targets_that_contradicts_the_clip_names_utterance_both_counts_and_both_files(tmp_path, upsample):
    targets = FrameTargets(write_targets(tmp_path, "targets", {"u1": [0] * 8, "u2": [0] * 9}), upsample)
    assert targets.problem("u1", 8 // upsample, LIPS) is None
    with pytest.raises(DataError) as caught:
        targets.problem("u2", 8 // upsample, LIPS)
    for part in ("utterance u2", "9 targets", f"{8 // upsample} frames", str(LIPS), str(tmp_path / "targets.scp")):
        assert part in str(caught.value)


@pytest.mark.parametrize(("tokens", "num_frames"), [([1, 2, 3], 3), ([1, 1, 1], 5), ([2, 2, 1], 4)])
def test_a_transcript_is_refused_where_ctc_can_no_longer_emit_it(tmp_path, tokens, num_frames):
    """Where there is just room, the loss is finite; with one frame less it is not, and the transcript is refused."""
    targets = TokenTargets(write_targets(tmp_path, "tokens", {"u": tokens}), upsample=1)
    for frames, is_possible in ((num_frames, True), (num_frames - 1, False)):
        scores = (log_posteriors(1, frames, 5), torch.tensor([frames]), torch.tensor([tokens]), torch.tensor([len(tokens)]))
        assert targets.loss(*scores, training=True)[0].isfinite() == is_possible
        assert (targets.problem("u", frames, LIPS) is None) == is_possible
    assert targets.fewest_frames("u") == num_frames
    assert f"{len(tokens)} tokens, for which CTC needs {num_frames} outputs, in a clip of {num_frames - 1}" == targets.problem(
        "u", num_frames - 1, LIPS
    )


def test_an_empty_transcript_is_no_target(tmp_path):
    assert TokenTargets(write_targets(tmp_path, "tokens", {"u": []}), upsample=1).problem("u", 5, LIPS) == "no tokens"


@pytest.mark.parametrize(
    ("kind", "wrong", "first"), [(FrameTargets, 5, 0), (FrameTargets, -1, 0), (TokenTargets, 0, 1), (TokenTargets, 5, 1)]
)
def test_a_class_that_there_is_not_names_the_utterance(tmp_path, kind, wrong, first):
    with pytest.raises(DataError, match=f"utterance u: class {wrong} is not from {first} to 4"):
        kind(write_targets(tmp_path, kind.table.removesuffix(".scp"), {"u": [1, wrong]}), upsample=1).read("u", 0, 2)


def test_a_part_of_a_clip_has_its_own_targets(tmp_path):
    targets = FrameTargets(write_targets(tmp_path, "targets", {"u": list(range(16))}, num_classes=16), upsample=4)
    assert targets.read("u", 1, 3).tolist() == list(range(4, 12)) and targets.count("u", 2) == 8


@pytest.mark.parametrize(
    ("content", "message"), [("many\n", "expected one whole number"), ("1\n", "at least 2 classes, not 1"), (None, "cannot read")]
)
def test_a_number_of_classes_that_is_none_is_refused(tmp_path, content, message):
    write_targets(tmp_path, "targets", {"u": [0]})
    path = tmp_path / "num_classes"
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(CortadoError, match=message):
        FrameTargets(tmp_path, upsample=1)


def test_classes_are_played_with_their_frames_and_tokens_as_they_are(tmp_path):
    """Twice as slow, each class comes twice; and to any speed its share of the time is the same, to an output."""
    played = torch.tensor([0, 1, 1, 2, 2, 2, 2, 0])
    targets = FrameTargets(write_targets(tmp_path, "targets", {"u": played.tolist()}), upsample=4)
    tokens = TokenTargets(write_targets(tmp_path, "tokens", {"u": [1, 2]}), upsample=4)
    assert tokens.played(played, 1).tolist() == played.tolist()
    assert targets.played(played, 4).tolist() == played.repeat_interleave(2).tolist()
    for num_frames in (1, 3, 5, 11):
        found = targets.played(played, num_frames)
        wanted = torch.bincount(played, minlength=3) * len(found) / len(played)
        assert len(found) == 4 * num_frames and (torch.bincount(found, minlength=3) - wanted).abs().max() <= 1
