"""Boundary errors against figures worked out by hand, and the command that prints and records them."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cortado.errors import CortadoError, DataError
from cortado.lang.ctm import Timed, write_ctm
from cortado.report.boundaries import read_boundary_results, render_boundaries
from cortado.score.boundaries import differences, summarise

COMMAND = Path(__file__).parents[2] / "pyscripts/bin/compare_ctm.py"
REFERENCE = {"u1": [Timed(0.10, 0.30, "a"), Timed(0.30, 0.60, "b")], "u2": [Timed(0.0, 0.5, "a")]}
ALIGNED = {"u1": [Timed(0.11, 0.32, "a"), Timed(0.32, 0.57, "b")], "u2": [Timed(0.0, 0.6, "a")]}  # +10 +20 +20 -30, 0 +100 ms


def test_figures_are_those_worked_out_by_hand():
    found = summarise(list(differences(REFERENCE, ALIGNED).values()))
    assert (found.num_utterances, found.num_boundaries) == (2, 6)
    assert found.median_absolute == pytest.approx(0.020) and found.mean_absolute == pytest.approx(0.030)
    assert found.bias == pytest.approx(0.020)
    assert found.within == pytest.approx((2 / 6, 4 / 6, 5 / 6))  # 20 ms are within 20 ms, whatever a float says
    assert found.mean_low == pytest.approx(0.020) and found.mean_high == pytest.approx(0.050)  # one utterance drawn twice


def test_the_interval_covers_utterances_not_boundaries():
    rng = np.random.default_rng(0)
    errors = [np.full((20, 2), size) for size in rng.uniform(0, 0.04, 50)]  # all boundaries of an utterance err alike
    found = summarise(errors)
    spread = np.std([part[0, 0] for part in errors]) / np.sqrt(50)
    assert found.mean_high - found.mean_low == pytest.approx(2 * 1.96 * spread, rel=0.15)


def test_other_words_and_missing_utterances_are_named():
    with pytest.raises(CortadoError, match="utterance u2: the alignment is of 'b', the reference of 'a'"):
        differences(REFERENCE, {"u2": [Timed(0, 1, "b")]})
    with pytest.raises(CortadoError, match="the reference times lack 1 utterances: u3"):
        differences(REFERENCE, {"u3": []})
    with pytest.raises(CortadoError, match="no boundary"):
        summarise([np.zeros((0, 2))])


def compare(folder: Path, *options) -> subprocess.CompletedProcess:
    write_ctm(folder / "reference.ctm", REFERENCE.items())
    write_ctm(folder / "aligned.ctm", [(utt, [*said, Timed(0.9, 1.0, "SIL")]) for utt, said in ALIGNED.items()])
    command = [sys.executable, COMMAND, *map(str, options), "reference.ctm", "aligned.ctm"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_command_leaves_out_silence_prints_the_figures_and_its_record_becomes_a_row(tmp_path):
    for seed in (0, 1):
        names = ("--system", "tri1", "--condition", "train", "--info", f"seed={seed} synthetic=true")
        result = compare(tmp_path, "--ignore", "SIL", "--json", f"{seed}.json", *names)
        assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("6 boundaries of 2 utterances: median 20.0 ms, mean 30.0 [20.0, 50.0], bias +20.0; 33.3 % within 10, ")
    assert json.loads((tmp_path / "0.json").read_text())["errors"]["num_boundaries"] == 6
    text = render_boundaries(read_boundary_results([tmp_path / "1.json", tmp_path / "0.json"]))
    assert "recorded speech" not in text and "synthetic speech" in text
    assert "| train | tri1 | 20.0 | 20.0, 20.0 | 30.0 | 20.0 to 50.0 | +20.0 | 33.3 | 66.7 | 83.3 | 6 |" in text


def test_two_records_of_one_row_and_seed_and_a_foreign_file_are_refused(tmp_path):
    for name in ("a.json", "b.json"):
        assert compare(tmp_path, "--ignore", "SIL", "--json", name, "--system", "s", "--condition", "c").returncode == 0
    with pytest.raises(DataError, match="same row and seed"):
        read_boundary_results([tmp_path / "a.json", tmp_path / "b.json"])
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(DataError, match="not a result of compare_ctm"):
        read_boundary_results([tmp_path / "a.json"])


def test_a_record_without_names_for_tables_is_refused(tmp_path):
    result = compare(tmp_path, "--json", "x.json")
    assert result.returncode == 1 and "--system and --condition" in result.stderr and "Traceback" not in result.stderr
