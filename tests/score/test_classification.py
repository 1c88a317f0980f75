"""Figures of classified clips against scikit-learn's, recordings against their definition, intervals against a bootstrap written out."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix, roc_auc_score

from cortado import ark
from cortado.datadir import DataDir
from cortado.errors import DataError
from cortado.score.classification import Classified, Figures, bootstrap, measure, read_classified


def make_classified(seed: int, num_recordings: int = 12, num_classes: int = 4, ties: bool = False) -> Classified:
    """Recordings of 1 to 9 clips, whose posteriors lean towards the truth."""
    rng = np.random.default_rng(seed)
    of_recording = np.resize(np.arange(num_classes), num_recordings)
    recordings = np.repeat(np.arange(num_recordings), rng.integers(1, 10, num_recordings))
    labels = of_recording[recordings]
    logits = rng.standard_normal((len(labels), num_classes)) + 1.2 * np.eye(num_classes)[labels]
    logits = np.round(logits) if ties else logits
    names = [f"clip{number:03}" for number in range(len(labels))]
    classes = [f"singer{number}" for number in range(num_classes)]
    return Classified(names, classes, np.log(softmax(logits)), labels, recordings, [f"rec{number:02}" for number in range(num_recordings)])


def softmax(logits: np.ndarray) -> np.ndarray:
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def by_scikit_learn(labels: np.ndarray, posteriors: np.ndarray) -> Figures:
    auc = np.mean([roc_auc_score(labels == label, posteriors[:, label]) for label in np.unique(labels)])
    predicted = posteriors.argmax(axis=1)
    recalls = [accuracy_score(labels[labels == label], predicted[labels == label]) for label in np.unique(labels)]
    return Figures(accuracy_score(labels, predicted), np.mean(recalls), auc)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_figures_are_those_of_scikit_learn(seed, ties):
    made = make_classified(seed, ties=ties)
    posteriors = np.exp(made.log_posteriors)
    assert measure(made) == pytest.approx(by_scikit_learn(made.labels, posteriors), abs=1e-12)
    assert measure(made).balanced_accuracy == pytest.approx(balanced_accuracy_score(made.labels, made.predicted), abs=1e-12)
    assert measure(made).auc == pytest.approx(roc_auc_score(made.labels, posteriors, multi_class="ovr", average="macro"), abs=1e-12)
    assert (made.confusion() == confusion_matrix(made.labels, made.predicted)).all()


def test_a_class_without_test_clips_is_left_out_of_the_means():
    made = make_classified(0)
    kept = made.labels != 2
    part = Classified(
        [n for n, k in zip(made.names, kept, strict=True) if k], made.classes, made.log_posteriors[kept], made.labels[kept],
        np.unique(made.recordings[kept], return_inverse=True)[1], [f"r{n}" for n in np.unique(made.recordings[kept])],
    )  # fmt: skip
    assert measure(part) == pytest.approx(by_scikit_learn(part.labels, np.exp(part.log_posteriors)), abs=1e-12)
    assert part.confusion()[2].sum() == 0


def test_a_recording_is_classified_by_the_mean_log_posterior_of_its_clips():
    made = make_classified(1)
    whole = made.by_recording()
    for number, name in enumerate(whole.names):
        own = made.recordings == number
        assert name == f"rec{number:02}" and whole.labels[number] == made.labels[own][0]
        np.testing.assert_allclose(whole.log_posteriors[number], made.log_posteriors[own].mean(axis=0), rtol=1e-12)


def test_intervals_are_those_of_drawing_whole_recordings():
    made = make_classified(2)
    posteriors, rng, values = np.exp(made.log_posteriors), np.random.default_rng(7), []
    while len(values) < 50:
        drawn = rng.integers(12, size=12)
        rows = np.concatenate([np.flatnonzero(made.recordings == recording) for recording in drawn])
        if len(np.unique(made.labels[rows])) > 1:
            values.append(by_scikit_learn(made.labels[rows], posteriors[rows]))
    low, high = bootstrap(made, num_draws=50, seed=7)
    np.testing.assert_allclose([low, high], np.quantile(values, [0.025, 0.975], axis=0), atol=1e-12)


def test_intervals_are_wider_than_clips_alone_would_have_them():
    made = make_classified(3, num_recordings=6)
    repeated = Classified(  # each clip 20 times: no more is known
        [f"{n}-{i}" for n in made.names for i in range(20)], made.classes, np.repeat(made.log_posteriors, 20, axis=0),
        np.repeat(made.labels, 20), np.repeat(made.recordings, 20), made.recording_names,
    )  # fmt: skip
    for one, other in zip(bootstrap(made, 100), bootstrap(repeated, 100), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_one_class_has_no_figures():
    made = make_classified(0, num_recordings=1)
    with pytest.raises(DataError, match="are of singer0: nothing is told apart"):
        measure(made)


@pytest.fixture
def folders(tmp_path) -> tuple[Path, DataDir]:
    """Posteriors of three clips of two recordings, and their data directory."""
    with ark.ArkWriter(tmp_path / "posteriors.ark", tmp_path / "posteriors.scp") as out:
        for clip, posterior in (("ana-1", 0.75), ("ana-2", 0.25), ("eva-1", 0.5)):
            out.write(clip, np.log(np.array([posterior, 1 - posterior, 0.01], np.float32)))
    (tmp_path / "classes").write_text("ana\neva\nluz\n")
    (data := tmp_path / "test").mkdir()
    (data / "utt2spk").write_text("ana-1 ana\nana-2 ana\neva-1 eva\n")
    (data / "utt2rec").write_text("ana-1 take1\nana-2 take1\neva-1 take2\n")
    return tmp_path, DataDir(data)


def test_clips_are_read_with_their_classes_and_recordings(folders):
    made = read_classified(*folders)
    assert (made.names, made.classes, made.recording_names) == (["ana-1", "ana-2", "eva-1"], ["ana", "eva", "luz"], ["take1", "take2"])
    assert made.labels.tolist() == [0, 0, 1] and made.predicted.tolist() == [0, 1, 0] and made.recordings.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("classes", "ana\nluz\nzoe\n", r"classes: has no class for speakers of .*: eva"),
        ("classes", "ana\neva\n", "ana-1 is no vector of 2 finite values"),
        ("test/utt2spk", "ana-1 ana\neva-1 eva\n", r"posteriors.scp: has clips that are not in .*: ana-2"),
        ("test/utt2spk", "ana-1 ana\nana-2 ana\neva-1 eva\neva-2 eva\n", r"posteriors.scp: lacks clips of .*: eva-2"),
    ],
)
def test_posteriors_that_do_not_fit_the_clips_are_named(folders, file, content, reason):
    (folders[0] / file).write_text(content)
    with pytest.raises(DataError, match=reason):
        read_classified(*folders)
