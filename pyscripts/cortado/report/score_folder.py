"""What a score folder holds beside its scores: the result, one line of summary, and the DET curve."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortado.files import atomic_write
from cortado.report.det import DetCurve, plot_det, write_det_points
from cortado.score.lookup import RowLookup
from cortado.score.measure import measure, operating_points
from cortado.score.metrics import RankedTrials, Roc
from cortado.score.result import FORMAT, BackEnd, Facts, Result, TableVersion, TrialList, Version
from cortado.score.scored import ScoredList
from cortado.score.split_list import SplitList


@dataclass(frozen=True)
class Origin:
    """Where the scores of a list come from: the fields of Result that its trials and figures leave open."""

    system: str
    condition: str
    enrol: TableVersion
    test: TableVersion
    back_end: BackEnd
    facts: Facts
    version: Version
    command: str


def measure_scores(folder: Path, split: SplitList, lookup: RowLookup, origin: Origin, num_draws: int) -> Result:
    """Put the scored parts in `folder`/parts together, measure the errors, and write all that a score folder holds.

    num_draws: bootstrap draws behind the intervals. Raises DataError for a part that is missing or not whole, and for a pair given twice.
    """
    scored = ScoredList(folder / "parts", split, lookup.enrol, lookup.test)
    scored.refuse_repeated_pairs(lookup.path)
    scores, *speakers = scored.arrays(lookup.enrol_speaker, lookup.test_speaker)
    is_target = speakers[0] == speakers[1]
    ranked = RankedTrials(scores, is_target, lookup.path)
    del scores  # of 10^8 trials, 0.8 GB
    num_targets, num_speakers = int(is_target.sum()), int(max(map(np.max, speakers))) + 1
    trials = TrialList(lookup.path, split.md5, num_targets, split.num_trials - num_targets, num_speakers)
    figures = measure(ranked, *speakers, num_draws)
    result = Result(format=FORMAT, trials=trials, num_draws=num_draws, **vars(origin), **figures)
    (folder / "result.json").unlink(missing_ok=True)
    scored.write_text(folder / "scores")
    write_measures(folder, ranked.roc(), result)
    return result


def write_measures(folder: Path, roc: Roc, result: Result) -> None:
    """Write det.txt, det.png, summary and, last, result.json, so that it never stands beside another run's scores.

    The caller has removed an earlier result.json before it wrote the scores.
    """
    write_det_points(roc, folder / "det.txt")
    label = f"{result.system}, {result.label()}"
    title = f"{result.condition}{' (synthetic speech)' if result.facts.synthetic else ''}"
    plot_det([DetCurve(label, roc.miss, roc.false_alarm, operating_points(roc))], folder / "det.png", title)
    with atomic_write(folder / "summary") as out:
        out.write(result.summary() + "\n")
    result.write(folder / "result.json")
