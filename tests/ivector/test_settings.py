"""The config of the baseline holds the paper's sizes; impossible values are refused by name."""

from pathlib import Path

import pytest

from cortado.config import load_config
from cortado.errors import ConfigError
from cortado.ivector.settings import IvectorConfig

BASELINE = Path(__file__).resolve().parents[2] / "conf/ivector.yaml"


def test_the_baseline_has_the_sizes_that_its_paper_gives():
    config = load_config(IvectorConfig, BASELINE)
    assert (config.ubm.num_gauss, config.ubm.full_iterations, config.extractor.ivector_dim) == (1024, 10, 400)
    assert config.front_end.norm_vars


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("ubm.num_gauss=0", "num_gauss must be at least 1, not 0"),
        ("ubm.variance_floor=1.5", "variance_floor is a share between 0 and 1, not 1.5"),
        ("ubm.min_frames=0", "min_frames must be above 0"),
        ("extractor.ivector_dim=0", r"ivector_dim \(0\)"),
        ("front_end.delta_order=-1", r"delta_order \(-1\) must be at least 0"),
        ("front_end.cmn_window=0", "cmn_window must be at least 1 frame"),
        ("front_end.cmvn=speaker", "'speaker' is not one of none, utterance, sliding"),
    ],
)
def test_an_impossible_value_is_refused(override, message):
    with pytest.raises(ConfigError, match=message):
        load_config(IvectorConfig, BASELINE, [override])
