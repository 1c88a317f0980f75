"""The four figures together, and labels checked against the speakers."""

import numpy as np
import pytest

from cortado.errors import DataError
from cortado.score.measure import measure, number_speakers
from cortado.score.metrics import RankedTrials

UTT2SPK = {"a1": "a", "a2": "a", "b1": "b", "c1": "c"}


def test_speakers_are_numbered_among_those_that_occur():
    enrol, test = number_speakers(["a1", "c1"], ["a2", "a1"], np.array([True, False]), "trials", UTT2SPK, "utt2spk")
    assert (enrol.tolist(), test.tolist()) == ([0, 1], [0, 0])


@pytest.mark.parametrize(
    ("test", "is_target", "reason"),
    [
        ("b1", True, "trials:2: a1 b1 is labelled target, but they are two speakers in utt2spk"),
        ("a2", False, "trials:2: a1 a2 is labelled nontarget, but they are one speaker in utt2spk"),
        ("z", False, "trials:2: z has no speaker in utt2spk"),
    ],
)
def test_label_against_the_speakers_is_named_with_its_line(test, is_target, reason):
    with pytest.raises(DataError, match=reason):
        number_speakers(["a1", "a1"], ["a2", test], np.array([True, is_target]), "trials", UTT2SPK, "utt2spk")


def test_useless_system_has_full_cost_and_no_threshold_for_it():
    rng = np.random.default_rng(0)
    speakers = rng.integers(20, size=(2, 3000))
    is_target = speakers[0] == speakers[1]
    estimates = measure(RankedTrials(np.zeros(3000), is_target), *speakers, num_draws=20)
    assert (estimates["eer"].value, estimates["eer"].low, estimates["eer"].high) == (0.5, 0.5, 0.5)
    assert (estimates["min_dcf_001"].value, estimates["min_dcf_001"].threshold) == (1.0, None)
    assert estimates["auc"].value == 0.5
