"""Controls of classification: what each can know it finds, and what it cannot know it does not."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cortado.score.class_controls import by_duration, by_statistics, majority, mfcc_statistics


def test_the_majority_is_the_share_of_each_class():
    log_posteriors = majority(np.array([0, 2, 2, 1]), 3)
    np.testing.assert_allclose(np.exp(log_posteriors), [[0.25, 0.25, 0.5]] * 3)


def test_a_duration_tells_singers_apart_only_where_it_differs():
    rng = np.random.default_rng(0)
    labels = np.resize([0, 1, 2], 300)
    seconds = 0.2 + 0.3 * rng.random(300)
    aucs = []
    for longer in (0, 0.2):  # than those of the class before
        given = seconds + longer * labels
        log_posteriors = by_duration(given[:150], labels[:150], given[150:])
        assert np.isfinite(log_posteriors).all()
        aucs.append(np.mean([roc_auc_score(labels[150:] == label, log_posteriors[:, label]) for label in range(3)]))
    assert abs(aucs[0] - 0.5) < 0.1 and aucs[1] > 0.85
    assert (log_posteriors == by_duration(given[:150], labels[:150], given[150:])).all()


@pytest.mark.parametrize("num_classes", [2, 3])
def test_averages_of_the_sound_tell_singers_apart_and_posteriors_add_up(num_classes):
    rng = np.random.default_rng(0)
    labels = np.resize(np.arange(num_classes), 120)
    statistics = rng.standard_normal((120, 6)) + 5 * np.eye(6)[labels]
    log_posteriors = by_statistics(statistics[:60], labels[:60], statistics[60:])
    assert (log_posteriors.argmax(1) == labels[60:]).mean() > 0.9
    np.testing.assert_allclose(np.exp(log_posteriors).sum(1), 1)


def test_statistics_are_mean_spread_and_spread_of_the_regression_slopes():
    feats = np.random.default_rng(0).standard_normal((50, 20)).astype(np.float32)
    padded = np.concatenate([feats[:1], feats[:1], feats, feats[-1:], feats[-1:]])
    slopes = np.stack([np.polyfit(np.arange(-2, 3), padded[frame : frame + 5].astype(float), 1)[0] for frame in range(50)])
    np.testing.assert_allclose(mfcc_statistics(feats), np.concatenate([feats.mean(0), feats.std(0), slopes.std(0)]), rtol=1e-5, atol=1e-6)


def test_a_clip_of_one_frame_has_statistics():
    one = np.random.default_rng(0).standard_normal((1, 20)).astype(np.float32)
    np.testing.assert_allclose(mfcc_statistics(one), np.concatenate([one[0], np.zeros(40)]), atol=1e-7)
