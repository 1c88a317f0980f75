"""The score folder of a list: its figures are those of its scores, however many jobs scored it."""

import numpy as np
import pytest

from cortado.errors import DataError
from cortado.report.score_folder import Origin, measure_scores
from cortado.score.embeddings import Embeddings
from cortado.score.lookup import RowLookup
from cortado.score.metrics import eer, roc_curve
from cortado.score.result import BackEnd, Facts, TableVersion, Version, read_result
from cortado.score.scored import SCORED, scored_path, write_scored
from cortado.score.split_list import read_split, split_trials

KEYS = [f"s{speaker}-{number}" for speaker in range(4) for number in range(3)]
ORIGIN = Origin("net", "test", TableVersion("a.scp", "1"), TableVersion("b.scp", "2"), BackEnd("none"), Facts(), Version(None, False), "x")


@pytest.fixture
def lookup(tmp_path) -> RowLookup:
    utt2spk = {key: key.split("-")[0] for key in KEYS}
    pairs = [(a, b) for i, a in enumerate(KEYS) for b in KEYS[i + 1 :]]
    lines = (f"{a} {b} {'target' if utt2spk[a] == utt2spk[b] else 'nontarget'}\n" for a, b in pairs)
    (tmp_path / "trials").write_text("".join(lines))
    table = Embeddings("embeddings.scp", KEYS, np.eye(len(KEYS), dtype=np.float32))
    return RowLookup(str(tmp_path / "trials"), table, table, utt2spk, "utt2spk")


def score(folder, lookup: RowLookup, num_jobs: int, twice: bool = False):
    """What the jobs leave: higher scores for targets, on the whole, rounded as jobs round them."""
    split_trials(lookup.path, num_jobs).write(folder / "parts/trials.json")
    split = read_split(folder / "parts/trials.json")
    rng = np.random.default_rng(0)
    for job, part in enumerate(split.parts, 1):
        scored = np.zeros(part.num_trials, SCORED)
        for enrol, test in lookup.blocks(part):
            scored["enrol"], scored["test"] = (enrol[0], test[0]) if twice else (enrol, test)
            is_target = lookup.enrol_speaker[enrol] == lookup.test_speaker[test]
            scored["score"] = np.round(is_target + rng.normal(size=len(enrol)), 6)
        write_scored(scored_path(folder / "parts", job, num_jobs), [scored], part.num_trials)
    return split


def test_the_figures_are_those_of_the_scores_that_it_holds(tmp_path, lookup):
    result = measure_scores(tmp_path, score(tmp_path, lookup, 1), lookup, ORIGIN, num_draws=20)
    trials = [line.split() for line in (tmp_path / "trials").read_text().splitlines()]
    rows = [line.split() for line in (tmp_path / "scores").read_text().splitlines()]
    assert [row[:2] for row in rows] == [trial[:2] for trial in trials]
    scores, is_target = np.array([float(row[2]) for row in rows]), np.array([trial[2] == "target" for trial in trials])
    assert result.eer.value == eer(roc_curve(scores, is_target)).value
    assert (result.trials.num_targets, result.trials.num_nontargets, result.trials.num_speakers) == (12, 54, 4)
    assert read_result(tmp_path / "result.json") == result
    assert (tmp_path / "summary").read_text() == result.summary() + "\n" and (tmp_path / "det.png").exists()


def test_the_bytes_do_not_depend_on_the_number_of_jobs(tmp_path, lookup):
    for num_jobs in (1, 4):
        measure_scores(tmp_path / f"{num_jobs}", score(tmp_path / f"{num_jobs}", lookup, num_jobs), lookup, ORIGIN, num_draws=20)
    for name in ("scores", "result.json", "det.txt", "summary"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "4" / name).read_bytes(), name


def test_a_failure_leaves_no_result(tmp_path, lookup):
    with pytest.raises(DataError, match=r"trials:2: the pair s0-0 s0-1 is given twice"):
        measure_scores(tmp_path, score(tmp_path, lookup, 1, twice=True), lookup, ORIGIN, num_draws=20)
    assert not (tmp_path / "result.json").exists() and not (tmp_path / "scores").exists()
