"""The four figures together."""

import numpy as np

from cortado.score.measure import measure
from cortado.score.metrics import RankedTrials


def test_useless_system_has_full_cost_and_no_threshold_for_it():
    rng = np.random.default_rng(0)
    speakers = rng.integers(20, size=(2, 3000))
    is_target = speakers[0] == speakers[1]
    estimates = measure(RankedTrials(np.zeros(3000), is_target), *speakers, num_draws=20)
    assert (estimates["eer"].value, estimates["eer"].low, estimates["eer"].high) == (0.5, 0.5, 0.5)
    assert (estimates["min_dcf_001"].value, estimates["min_dcf_001"].threshold) == (1.0, None)
    assert estimates["auc"].value == 0.5
