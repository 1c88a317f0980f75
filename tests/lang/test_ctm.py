"""CTM files both ways, and lines that are none."""

import pytest

from cortado.errors import DataError
from cortado.lang.ctm import Timed, read_ctm, write_ctm


def test_what_is_written_is_read_again_in_kaldis_columns(tmp_path):
    said = [("u2", [Timed(0.0, 0.31, ["é", "b"][0]), Timed(0.31, 0.5, "b")]), ("u1", [Timed(1.25, 2.0, "a")])]
    write_ctm(tmp_path / "ctm", said)
    assert (tmp_path / "ctm").read_text().splitlines() == ["u2 1 0.000 0.310 é", "u2 1 0.310 0.190 b", "u1 1 1.250 0.750 a"]
    read = read_ctm(tmp_path / "ctm")
    assert list(read) == ["u2", "u1"]
    for utterance, timed in said:
        assert [found.label for found in read[utterance]] == [expected.label for expected in timed]
        assert [found[:2] for found in read[utterance]] == [pytest.approx(expected[:2]) for expected in timed]


def test_a_confidence_behind_the_label_is_let_pass(tmp_path):
    (tmp_path / "ctm").write_text("u 1 0.5 0.25 word 0.98\n")
    assert read_ctm(tmp_path / "ctm") == {"u": [Timed(0.5, 0.75, "word")]}


@pytest.mark.parametrize("line", ["u 1 0.5 0.25", "u 1 half 0.25 word"])
def test_a_line_that_is_no_time_is_named(tmp_path, line):
    (tmp_path / "ctm").write_text(f"u 1 0.5 0.25 word\n{line}\n")
    with pytest.raises(DataError, match="expected utterance, channel, start, duration and label") as caught:
        read_ctm(tmp_path / "ctm")
    assert "ctm" in str(caught.value) and "2" in str(caught.value)
