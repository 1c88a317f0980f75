#!/usr/bin/env python3
"""Hold systems against a baseline on the same trials, and say which differences are noise.

Usage: utils/compare_systems.sh [options] --compare 'TITLE BACK-END BASELINE SYSTEM ...' <folder> [<folder> ...]

Takes the score folders (result.json, scores) below the folders, of several training seeds of each system (--info seed=N when scoring),
and rewrites the file --out as a whole. Each --compare makes a section, "Title against `baseline`": for every condition the baseline was scored on, the EER of each
system, its difference from the baseline with intervals over speakers and over seeds, and a verdict. BACK-END is none, mean or asnorm;
systems that compare pairs of utterances themselves count as none. Trial lists are looked for where result.json says, from the folder
in which they were scored; utt2spk lies beside them. The same scores give the same bytes.

Example:
  utils/compare_systems.sh --header conf/comparison_header.md --costs exp/costs.json \\
    --compare 'poolings asnorm statistics average self_attentive' exp
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cortado.command import make_parser, run
from cortado.config import from_dict
from cortado.datadir.table import read_table
from cortado.errors import ConfigError, DataError
from cortado.files import atomic_write
from cortado.report.comparison import Comparison, Cost, Row, Table, render
from cortado.report.results import Run, find_runs, group_rows
from cortado.score.calibration import check_results, speakers_of_trials
from cortado.score.metrics import RankedTrials
from cortado.score.paired import SystemErrors, compare, draw_errors, pooled_seed_variance
from cortado.score.score_file import scored_trials

BACK_ENDS = ("none", "mean", "asnorm")


class Wanted(NamedTuple):
    """What a --compare asks for."""

    title: str  # _ for spaces
    norm: str
    systems: tuple[str, ...]  # the baseline first


def main() -> None:
    args = parse_arguments()
    runs = find_runs(args.folders, relative_to=".")
    comparisons = [Comparison(wanted.title, make_tables(wanted, runs, args.num_draws)) for wanted in args.compare]
    text = render(read_text(args.header) if args.header else "# Comparison", comparisons, read_costs(args.costs) if args.costs else {})
    with atomic_write(args.out) as out:
        out.write(text)
    print(f"{args.out}: compared {', '.join(f'{len(wanted.systems) - 1} systems with {wanted.systems[0]}' for wanted in args.compare)}")


def parse_arguments():
    parser = make_parser(__doc__)
    parser.add_argument("--out", default="COMPARISON.md", metavar="FILE", help="the file to write (default COMPARISON.md)")
    parser.add_argument("--header", metavar="FILE", help="Markdown to put on top, starting with the title")
    parser.add_argument("--costs", metavar="FILE", help="what pyscripts/bin/measure_costs.py wrote")
    parser.add_argument("--num-draws", type=int, default=1000, metavar="N", help="draws of speakers (default 1000)")
    parser.add_argument(
        "--compare",
        action="append",
        required=True,
        type=parse_wanted,
        metavar="'TITLE BACK-END BASELINE SYSTEM ...'",
        help="systems of one section, repeatable",
    )
    parser.add_argument("folders", nargs="+", metavar="folder", help="folders to look for result.json in, with all below them")
    args = parser.parse_args()
    if args.num_draws < 2:
        raise ConfigError(f"--num-draws is {args.num_draws}, but must be at least 2")
    return args


def parse_wanted(text: str) -> Wanted:
    words = text.split()
    if len(words) < 4 or words[1] not in BACK_ENDS or len(set(words[2:])) < len(words[2:]):
        raise ConfigError(
            f"--compare '{text}': expected a title, a back end ({', '.join(BACK_ENDS)}), a baseline, and other systems, each once"
        )
    title, norm, *systems = words
    return Wanted(title, norm, tuple(systems))


def make_tables(wanted: Wanted, runs: Sequence[Run], num_draws: int) -> list[Table]:
    """One table for each condition that the baseline was scored on. Raises DataError where another system has no result there."""
    usable = [run for run in runs if run.result.back_end.norm == wanted.norm and not run.result.calibrated]
    rows: dict[tuple[str, str], list[Run]] = {}
    for (condition, system, back_end), row in group_rows(usable).items():
        if (condition, system) in rows:
            raise DataError(
                row[0].folder, f"another result than {rows[condition, system][0].folder} of {system} on '{condition}': {back_end}"
            )
        rows[condition, system] = row
    baseline = wanted.systems[0]
    conditions = sorted(condition for condition, system in rows if system == baseline)
    if not conditions:
        raise DataError(baseline, f"no result.json of this system with the back end {wanted.norm}")
    for condition in conditions:
        missing = [system for system in wanted.systems if (condition, system) not in rows]
        if missing:
            raise DataError(
                missing[0], f"not scored with the back end {wanted.norm} on '{condition}', as {baseline} was; score it, or leave it out"
            )
    return [make_table(condition, {system: rows[condition, system] for system in wanted.systems}, num_draws) for condition in conditions]


def make_table(condition: str, rows: dict[str, list[Run]], num_draws: int) -> Table:
    """rows: the seeds of each system, the baseline first."""
    errors, num_speakers = read_errors(rows, num_draws)
    baseline, *others = rows
    differences = compare(errors[baseline], {system: errors[system] for system in others}, num_speakers)
    variance, degrees = pooled_seed_variance(list(errors.values()))
    made = [Row(system, [run.result for run in seeds], differences.get(system)) for system, seeds in rows.items()]
    return Table(condition, made, variance**0.5, degrees)


def read_errors(rows: dict[str, list[Run]], num_draws: int) -> tuple[dict[str, SystemErrors], int]:
    """The EERs of each system's seeds, on all speakers and on drawn ones, and the number of speakers."""
    folders = [run.path for seeds in rows.values() for run in seeds]
    trials = next(iter(rows.values()))[0].result.trials.path
    measured = np.array([result.eer.value for result in check_results(folders, trials)])
    runs, *speakers = read_scores(trials, folders)
    drawn = draw_errors(runs, *speakers, num_draws)
    ends = np.cumsum([len(seeds) for seeds in rows.values()])[:-1]
    errors = map(SystemErrors, np.split(measured, ends), np.split(drawn, ends))
    return dict(zip(rows, errors, strict=True)), len(np.unique(speakers))


def read_scores(trials_path: str, folders: Sequence[Path]) -> tuple[list[RankedTrials], np.ndarray, np.ndarray]:
    """The ranked trials of each score folder, and the speaker numbers of both sides, (num_trials,) each."""
    utt2spk_path = Path(trials_path).parent / "utt2spk"
    utt2spk = read_table(utt2spk_path)
    number = {speaker: i for i, speaker in enumerate(speakers_of_trials(trials_path, utt2spk, str(utt2spk_path)))}
    blocks = []
    for trials, scores in scored_trials(trials_path, [folder / "scores" for folder in folders]):
        sides = [np.array([number[utt2spk[key]] for key in keys], dtype=np.int32) for keys in (trials.enrol, trials.test)]
        blocks.append((scores, *sides))
    scores, enrol, test = (np.concatenate(column) for column in zip(*blocks, strict=True))
    ranked = [RankedTrials(of_run, enrol == test, str(folder)) for of_run, folder in zip(scores.T, folders, strict=True)]
    return ranked, enrol, test


def read_costs(path: str) -> dict[str, Cost]:
    try:
        values = json.loads(read_text(path))
    except ValueError as error:
        raise DataError(path, f"not valid JSON: {error}") from None
    return {name: from_dict(Cost, value, f"{path}: {name}") for name, value in values.items()}


def read_text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(path, f"cannot be read: {error}") from None


if __name__ == "__main__":
    run(main)
