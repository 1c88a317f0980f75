"""Which audio is refused, under which name, and which is only warned about."""

import numpy as np
import pytest

from cortado.feats import Fbank
from cortado.feats.screening import find_clipping, find_fault

GOOD = np.zeros(400, dtype=np.float32)


@pytest.mark.parametrize(
    ("samples", "rate", "kind"),
    [
        (GOOD, 16000, None),
        (GOOD[:399], 16000, "too short"),
        (GOOD, 8000, "wrong rate"),
        (np.append(GOOD, np.float32(np.nan)), 16000, "not finite"),
        (np.append(GOOD, np.float32(np.inf)), 16000, "not finite"),
    ],
)
def test_each_fault_has_its_kind(samples, rate, kind):
    fault = find_fault(samples, rate, Fbank())
    assert (fault and fault.kind) == kind


def test_another_rate_is_taken_when_allowed_and_length_is_judged_after_conversion():
    assert find_fault(GOOD[:200], 8000, Fbank(), allow_resample=True) is None
    assert find_fault(GOOD, 32000, Fbank(), allow_resample=True).kind == "too short"
    assert find_fault(GOOD, 16000, Fbank(), speed=1.1).kind == "too short"


@pytest.mark.parametrize(("num_clipped", "expected"), [(0, None), (10, None), (11, "clipped")])
def test_more_than_a_thousandth_at_full_scale_is_clipping(num_clipped, expected):
    samples = np.zeros(10000, dtype=np.float32)
    samples[:num_clipped] = np.where(np.arange(num_clipped) % 2, 32767 / 32768, -1)
    fault = find_clipping(samples)
    assert (fault and fault.kind) == expected
