"""Tables of singer (or other class) identification for RESULTS.md, from the result.json files of scored posteriors.

A table is of one kind of split, and no network stands in it without the three controls on its set of clips.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import fmean

from cortado.datadir.split_record import UNITS
from cortado.errors import DataError
from cortado.report.results import describe_code, duration, markdown_table
from cortado.score.class_controls import CONTROLS
from cortado.score.class_result import ClassResult, Estimate, Estimates, read_class_result
from cortado.score.result import percent

NOTES = """\
Accuracy: share of clips (of recordings, by the mean log posterior over their clips) given their class. Balanced: mean of that share over
classes. AUC: mean over classes of the area under the ROC of one class against the others. Interval: 95 %, of the accuracy, over bootstrap
draws of recordings; it covers other recordings, not other splits. With several seeds, which draw the split and start the training, every
figure and both ends of the interval are means over the seeds. Controls hear nothing of what the systems are meant to hear: `majority` knows
the sizes of the classes, `duration` (a random forest) how long a clip lasts, `mfcc-svm` mean and spread of its MFCC (support vector machine)."""
HEADINGS = {
    "recording": "## Split by recording",
    "overlap": "## Split by overlap group: no audio is shared, recordings are",
    "random": "## Random split of clips: a reproduction",
}
REMARKS = {
    "recording": "No recording, and no copy of one, is on both sides.",
    "overlap": "Clips that share samples are on one side, but other clips of the same recording are on the other, and with them its sound.",
    "random": "For comparison with figures published on such splits; they say how well recordings are recognised again, not singers.",
}
SYNTHETIC = ", synthetic singing"
COLUMNS = {
    "Clips": ":--",
    "System": ":--",
    "Features": ":--",
    "Accuracy %": "--:",
    "95 % interval": ":-:",
    "Accuracy % by seed": ":-:",
    "Balanced %": "--:",
    "AUC %": "--:",
    "Recordings: accuracy %": "--:",
    "95 % interval ": ":-:",
    "Balanced % ": "--:",
    "AUC % ": "--:",
    "Parameters": "--:",
    "Training": "--:",
}

Key = tuple[str, str, str]  # condition, system, features


@dataclass(frozen=True)
class ClassRun:
    """A result and its folder, as RESULTS.md names it."""

    folder: str
    result: ClassResult

    @property
    def key(self) -> Key:
        return self.result.condition, self.result.system, self.result.features

    @property
    def seeds(self) -> tuple[int, int]:
        """Of the split and of the training, -1 where none was given."""
        seed = self.result.facts.seed
        return self.result.split.seed, -1 if seed is None else seed


Rows = dict[Key, list[ClassRun]]


def read_class_runs(folders: Iterable[str | Path], relative_to: str | Path) -> list[ClassRun]:
    """Every result.json below `folders`, each once, in the order of their paths.

    Raises DataError for a folder without any and for a result.json that score_classes.py did not write.
    """
    found: dict[Path, None] = {}
    for folder in folders:
        paths = sorted(path.resolve() for path in Path(folder).rglob("result.json"))
        if not paths:
            raise DataError(folder, "no result.json below this folder; steps/score_classes.sh writes one")
        found.update(dict.fromkeys(paths))
    base = Path(relative_to).resolve()
    runs = [ClassRun(os.path.relpath(path.parent, base), read_class_result(path)) for path in found]
    return sorted(runs, key=lambda run: run.folder)


def render_classes(runs: Sequence[ClassRun]) -> str:
    """Notes, a table for each kind of split (synthetic singing apart), and how each row was made.

    Raises DataError where rows contradict one another, and for a set of clips that was not scored by all controls on the same splits.
    """
    parts = [NOTES]
    for kind in UNITS:
        for is_synthetic in (False, True):
            of_kind = [run for run in runs if run.result.split.kind == kind and run.result.facts.synthetic == is_synthetic]
            if rows := group_classes(of_kind):
                parts += [HEADINGS[kind] + (SYNTHETIC if is_synthetic else ""), REMARKS[kind], _sizes(of_kind)]
                parts += [markdown_table(COLUMNS, [[*key, *_figures([run.result for run in row])] for key, row in rows.items()])]
                parts += ["### How each row was made", "\n\n".join(_notes(run) for row in rows.values() for run in row)]
    return "\n\n".join(parts) + "\n"


def group_classes(runs: Sequence[ClassRun]) -> Rows:
    """Runs of one kind of split by row: sets of clips in their order, controls before systems; those of a row are seeds, in their order.

    Raises as render_classes does.
    """
    rows: Rows = {}
    for run in sorted(runs, key=lambda run: (run.result.condition, _rank(run), run.key, run.seeds)):
        row = rows.setdefault(run.key, [])
        if row and row[-1].seeds == run.seeds:
            raise DataError(run.folder, f"the same row and seeds as {row[-1].folder}: {', '.join(run.key)}")
        row.append(run)
    _require_same_clips(runs)
    _require_controls(rows)
    return rows


def _rank(run: ClassRun) -> int:
    return CONTROLS.index(run.result.system) if run.result.is_control else len(CONTROLS)


def _require_same_clips(runs: Sequence[ClassRun]) -> None:
    """A set of clips and a seed of the split stand for one list of test clips."""
    first_of: dict[tuple[str, int], ClassRun] = {}
    for run in runs:
        first = first_of.setdefault((run.result.condition, run.result.split.seed), run)
        if (first.result.test.md5, first.result.split) != (run.result.test.md5, run.result.split):
            reason = f"{run.result.condition}, split seed {run.result.split.seed}, was scored on other clips than in {first.folder}"
            raise DataError(run.folder, f"{reason}; score again or rename one")


def _require_controls(rows: Rows) -> None:
    runs = [run for row in rows.values() for run in row]
    scored = {(run.result.condition, run.result.system, run.result.split.seed) for run in runs}
    for run in runs:
        condition, seed = run.result.condition, run.result.split.seed
        for control in CONTROLS:
            if (condition, control, seed) not in scored:
                reason = f"there is no result of the control {control} on {condition}, split seed {seed}"
                raise DataError(run.folder, f"{reason}; steps/control_classes.sh makes it, steps/score_classes.sh scores it")


def _sizes(runs: Sequence[ClassRun]) -> str:
    """For each set of clips a line: how many there are, and what test has in common with training, means over the splits."""
    lines = []
    for condition, group in groupby(sorted(runs, key=lambda run: run.key), key=lambda run: run.result.condition):
        results = {run.result.split.seed: run.result for run in group}.values()
        splits = [result.split for result in results]
        train, valid, test = (fmean(getattr(split, part).clips for split in splits) for part in ("train", "valid", "test"))
        clips, recordings = (fmean(getattr(result.test, number) for result in results) for number in ("num_clips", "num_recordings"))
        copies, overlapping = fmean(split.copy_share for split in splits), fmean(split.overlap_share for split in splits)
        lines.append(
            f"- {condition}: {train:,.0f} utterances were divided off for training, {valid:,.0f} for validation and {test:,.0f} for test, of which "
            f"**{100 * copies:.1f} %** have a copy in training and **{100 * overlapping:.1f} %** share samples with it. "
            f"Scored: {clips:,.0f} clips of {recordings:,.0f} recordings."
        )
    return "\n".join(lines)


def _figures(seeds: list[ClassResult]) -> list[str]:
    parameters = sorted({result.facts.parameters for result in seeds if result.facts.parameters is not None})
    times = [result.facts.training_seconds for result in seeds if result.facts.training_seconds is not None]
    accuracy, interval, *others = _level([result.clips for result in seeds])
    by_seed = ", ".join(percent(result.clips.accuracy.value) for result in seeds) if len(seeds) > 1 else "one run"
    return [
        *(accuracy, interval, by_seed, *others),
        *_level([result.recordings for result in seeds]),
        ", ".join(f"{count:,}" for count in parameters) or "-",
        duration(fmean(times)) if times else "-",
    ]


def _level(estimates: list[Estimates]) -> list[str]:
    """Accuracy, its interval, balanced accuracy and AUC, means over the seeds."""
    accuracy = _mean([each.accuracy for each in estimates])
    others = (percent(_mean([getattr(each, name) for each in estimates]).value) for name in ("balanced_accuracy", "auc"))
    return [percent(accuracy.value), f"{percent(accuracy.low)} to {percent(accuracy.high)}", *others]


def _mean(estimates: list[Estimate]) -> Estimate:
    return Estimate(*(fmean(getattr(estimate, name) for estimate in estimates) for name in ("value", "low", "high")))


def _notes(run: ClassRun) -> str:
    result = run.result
    seed = "" if result.facts.seed is None else f", seed {result.facts.seed}"
    other = "".join(f"; {key} {value}" for key, value in sorted(result.facts.other.items()))
    split = f"{result.split.label}, split seed {result.split.seed}"
    clips = f"clips {result.test.path} ({result.test.md5})"
    name = " / ".join(run.key)
    return f"**{name}{seed}**: {run.folder}; {describe_code(result.version)}; {split}; {clips}{other}\n\n    {result.command}"
