"""Pictures of dictionaries: contours begin at nothing, have the steps of their segments, and each motif has its picture."""

import matplotlib.image
import numpy as np

from cortado.motifs.contour import FRAME_SHIFT
from cortado.motifs.dictionary import Motif
from cortado.report.dictionary_plot import plot_dictionary, shorten, staircase

CONTOUR = np.array([[17, 103, 2400, 0], [103, 189, 2700, 3], [189, 200, 2500, -3]], np.float32)


def test_a_staircase_begins_at_nothing_and_has_the_steps_of_its_segments():
    times, cents = staircase(CONTOUR)
    np.testing.assert_allclose(times, np.array([0, 86, 86, 172, 172, 183]) * FRAME_SHIFT, atol=1e-6)
    np.testing.assert_array_equal(cents, [0, 0, 300, 300, 100, 100])


def test_a_dictionary_has_a_row_for_six_motifs_and_draws_their_contours(tmp_path):
    images = {}
    for name, number, contours in (("bare", 6, []), ("sung", 6, [CONTOUR, CONTOUR[:2]]), ("more", 7, [CONTOUR])):
        plot_dictionary([(Motif("am", (3, -3), 2, 2), contours)] * number, "am", tmp_path / f"{name}.png")
        images[name] = matplotlib.image.imread(tmp_path / f"{name}.png")
    assert images["bare"].shape == images["sung"].shape and images["more"].shape[0] > images["sung"].shape[0]
    assert (images["bare"] != images["sung"]).any()


def test_a_long_motif_is_cut_behind_a_comma_and_its_length_told():
    assert shorten("1,-1,2", 10) == "1,-1,2"
    assert shorten("1,-1,2,2,2,2", 10) == "1,-1,… (6)"
    for most in range(12, 40):
        assert len(shorten(",".join(["-1"] * 20), most)) <= most
