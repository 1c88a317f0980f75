"""RESULTS.md of a recipe, written as a whole from the result.json files of its scored trial lists."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean

from cortado.errors import DataError
from cortado.report.det import DetCurve, plot_det, read_det_points
from cortado.score.metrics import Point
from cortado.score.result import Estimate, Result, Version, percent, read_result

HEADINGS = {
    False: "## Recorded speech",
    True: "## Synthetic speech\n\nMade by a speech synthesiser: these figures show that the recipe works, and say nothing about recordings of people.",
}
COLUMNS = {
    "Condition": ":--",
    "System": ":--",
    "Back end": ":--",
    "EER %": "--:",
    "95 % interval": ":-:",
    "EER % by seed": ":-:",
    "minDCF(0.01)": "--:",
    "minDCF(0.05)": "--:",
    "AUC %": "--:",
    "Parameters": "--:",
    "Training": "--:",
}
CALIBRATED_COLUMNS = {"Cllr": "--:", "min Cllr": "--:", "actDCF(0.01)": "--:", "actDCF(0.05)": "--:"}
NOTES = """\
EER: interpolated ROC. minDCF(p): normalised, p = prior of a target trial, both costs 1. Interval: 2.5th to 97.5th percentile over
bootstrap draws of speakers, not of trials; it covers other speakers, not other training seeds. With several seeds, every figure and both ends of the interval
are means over the seeds."""
CALIBRATED_NOTES = """\
Cllr: cost of calibrated log-likelihood ratios in bits, its minimum what no better calibration could take off; actDCF(p): cost at the
threshold of the prior p, to be compared with minDCF(p). Calibrations are trained on trials of other speakers, on the lists named below."""


@dataclass(frozen=True)
class Run:
    """A result and the folder it was found in: `folder` as RESULTS.md names it, relative to its own place."""

    path: Path
    folder: str
    result: Result


Rows = dict[tuple[str, str, str], list[Run]]


def find_runs(folders: Sequence[str | Path], relative_to: str | Path) -> list[Run]:
    """Every result.json below `folders`, each once, in the order of their paths.

    Raises DataError for a folder that is missing or holds none, and for a result.json that score_trials.py did not write.
    """
    found: dict[Path, None] = {}
    for folder in folders:
        paths = sorted(path.resolve() for path in Path(folder).rglob("result.json"))
        if not paths:
            raise DataError(folder, "no result.json below this folder; steps/score_trials.sh writes one")
        found.update(dict.fromkeys(paths))
    base = Path(relative_to).resolve()
    runs = [Run(path.parent, os.path.relpath(path.parent, base), read_result(path)) for path in found]
    return sorted(runs, key=lambda run: run.folder)


def group_rows(runs: Sequence[Run]) -> Rows:
    """Runs by (condition, system, back end), sorted; the runs of one row are training seeds of one system, sorted by seed.

    Raises DataError when two runs of a row have the same seed, or were not scored on the same trial list: then a
    condition's name stands for two things.
    """
    rows: Rows = {}
    for run in runs:
        result = run.result
        rows.setdefault((result.condition, result.system, result.label()), []).append(run)
    for key, row in rows.items():
        row.sort(key=lambda run: (run.result.facts.seed is not None, run.result.facts.seed or 0))
        _check_seeds(key, row)
    _check_lists(runs)
    return dict(sorted(rows.items()))


def _check_seeds(key: tuple[str, str, str], row: list[Run]) -> None:
    for first, second in pairwise(row):
        if first.result.facts.seed == second.result.facts.seed:
            raise DataError(second.folder, f"the same row as {first.folder}: {', '.join(key)}, seed {first.result.facts.seed}")


def _check_lists(runs: Sequence[Run]) -> None:
    first_of: dict[str, Run] = {}
    for run in runs:
        first = first_of.setdefault(run.result.condition, run)
        if first.result.trials.md5 != run.result.trials.md5:
            reason = f"condition {run.result.condition} was scored on another trial list than in {first.folder}; score again or rename one"
            raise DataError(run.folder, reason)


def read_header(path: str | Path) -> str:
    """What stands on top of a RESULTS.md. Raises DataError for a file that cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(path, f"cannot be read: {error}") from None


def render(runs: Sequence[Run], header: str) -> str:
    """The whole of RESULTS.md: `header`, tables of results (synthetic speech apart), trial lists, commands. Ends in a line break."""
    parts = [header.strip() or "# Results", "Made by utils/make_results.sh from the score folders named below; do not edit.", NOTES]
    if any(run.result.calibrated for run in runs):
        parts.append(CALIBRATED_NOTES)
    for is_synthetic, heading in HEADINGS.items():
        rows = group_rows([run for run in runs if run.result.facts.synthetic == is_synthetic])
        if rows:
            parts += [heading, _results_table(rows), "### Trial lists", _lists_table(rows), "### How each row was made", _commands(rows)]
    return "\n\n".join(parts) + "\n"


def markdown_table(columns: dict[str, str], rows: list[list[str]]) -> str:
    lines = [list(columns), list(columns.values()), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _results_table(rows: Rows) -> str:
    calibrated = any(row[0].result.calibrated for row in rows.values())
    columns = COLUMNS | (CALIBRATED_COLUMNS if calibrated else {})
    cells = [[*key, *_figures([run.result for run in row])] for key, row in rows.items()]
    if calibrated:
        cells = [[*start, *_calibrated_figures([run.result for run in row])] for start, row in zip(cells, rows.values(), strict=True)]
    return markdown_table(columns, cells)


def _figures(seeds: list[Result]) -> list[str]:
    error = _mean([result.eer for result in seeds])
    return [
        percent(error.value),
        f"{percent(error.low)} to {percent(error.high)}",
        ", ".join(percent(result.eer.value) for result in seeds) if len(seeds) > 1 else "one run",
        f"{fmean(result.min_dcf_001.value for result in seeds):.4f}",
        f"{fmean(result.min_dcf_005.value for result in seeds):.4f}",
        percent(fmean(result.auc.value for result in seeds)),
        _parameters(seeds),
        _training_time(seeds),
    ]


def _calibrated_figures(seeds: list[Result]) -> list[str]:
    figures = [result.calibrated for result in seeds if result.calibrated]
    if not figures:
        return ["-"] * len(CALIBRATED_COLUMNS)
    names = ("cllr", "min_cllr", "act_dcf_001", "act_dcf_005")
    return [f"{fmean(getattr(figure, name).value for figure in figures):.4f}" for name in names]


def _mean(estimates: list[Estimate]) -> Estimate:
    return Estimate(*(fmean(getattr(estimate, name) for estimate in estimates) for name in ("value", "low", "high")))


def _parameters(seeds: list[Result]) -> str:
    counts = sorted({result.facts.parameters for result in seeds if result.facts.parameters is not None})
    return ", ".join(f"{count:,}" for count in counts) or "-"


def _training_time(seeds: list[Result]) -> str:
    times = [result.facts.training_seconds for result in seeds if result.facts.training_seconds is not None]
    return duration(fmean(times)) if times else "-"


def duration(seconds: float) -> str:
    """Seconds as people say them: '48 s', '12.5 min', '3.2 h'."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _lists_table(rows: Rows) -> str:
    columns = {"Condition": ":--", "Trial list": ":--", "MD5": ":--", "Targets": "--:", "Nontargets": "--:", "Speakers": "--:"}
    lists = {condition: row[0].result.trials for (condition, _, _), row in rows.items()}
    return markdown_table(
        columns,
        [
            [condition, t.path, t.md5, f"{t.num_targets:,}", f"{t.num_nontargets:,}", f"{t.num_speakers:,}"]
            for condition, t in sorted(lists.items())
        ],
    )


def _commands(rows: Rows) -> str:
    return "\n\n".join(_run_notes(" / ".join(key), run) for key, row in rows.items() for run in row)


def _run_notes(name: str, run: Run) -> str:
    result = run.result
    seed = "" if result.facts.seed is None else f", seed {result.facts.seed}"
    other = "".join(f"; {key} {value}" for key, value in sorted(result.facts.other.items()))
    if result.calibrated:
        other += f"; calibrated on {result.calibrated.trials} ({result.calibrated.md5}) at p_target {result.calibrated.p_target:g}"
    return f"**{name}{seed}**: {run.folder}; {describe_code(result.version)}; embeddings {result.test.md5}{other}\n\n    {result.command}"


def describe_code(version: Version) -> str:
    """The commit, for people."""
    if version.commit is None:
        return "code not from a git clone"
    return f"commit {version.commit[:12]}{' with uncommitted changes' if version.dirty else ''}"


def draw_det(runs: Sequence[Run], folder: str | Path) -> None:
    """One DET plot for each condition, <folder>/<condition>.png, with the EER of each run marked; seeds of a row share a colour."""
    curves: dict[str, list[DetCurve]] = {}
    for (condition, *system), row in group_rows(runs).items():
        curves.setdefault(condition, []).extend(_det_curve(" / ".join(system), run) for run in row)
    for condition, drawn in curves.items():
        plot_det(drawn, Path(folder) / f"{re.sub('[^A-Za-z0-9_.-]+', '_', condition)}.png", condition)


def _det_curve(label: str, run: Run) -> DetCurve:
    error = run.result.eer
    label += " (synthetic speech)" if run.result.facts.synthetic else ""
    miss, false_alarm = read_det_points(run.path / "det.txt")
    return DetCurve(label, miss, false_alarm, {"EER": Point(error.value, error.threshold, error.value, error.value)})
