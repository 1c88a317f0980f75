"""Log priors of classes: relative frequencies, a floor of one count, and a Kaldi vector as their file."""

import kaldiio
import numpy as np
import pytest

from cortado.errors import DataError
from cortado.hmm.class_priors import log_priors, read_log_priors, write_log_priors


def test_priors_are_relative_frequencies_and_a_class_never_seen_counts_once():
    targets = [np.array([0, 0, 1], np.int32), np.array([1, 1, 0, 3, 3], np.int32)]
    np.testing.assert_allclose(np.exp(log_priors(targets, 5)), np.array([3, 3, 1, 2, 1]) / 10, rtol=1e-6)


def test_kaldis_reader_reads_the_same_values(tmp_path):
    priors = log_priors([np.arange(7), np.arange(3)], 7)
    write_log_priors(tmp_path / "priors", priors)
    np.testing.assert_array_equal(read_log_priors(tmp_path / "priors"), priors)
    np.testing.assert_array_equal(kaldiio.load_mat(str(tmp_path / "priors")), priors)


@pytest.mark.parametrize("text", [" [ 0.5 0.5 ]\n", " [ -1 -inf ]\n", " [ ]\n"])
def test_what_cannot_be_log_priors_is_refused(text, tmp_path):
    (tmp_path / "priors").write_text(text)
    with pytest.raises(DataError, match="expected natural logs"):
        read_log_priors(tmp_path / "priors")
