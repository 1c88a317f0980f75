"""Tables of word error rates for RESULTS.md, from the result.json files of scored decodings."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from cortado.errors import DataError
from cortado.report.results import describe_code, markdown_table
from cortado.score.result import percent
from cortado.score.word_result import WordResult, read_word_result

HEADINGS = {False: "## Word error rates, recorded speech", True: "## Word error rates, synthetic speech"}
NOTES = """\
WER: substitutions, deletions and insertions per word of the references, aligned by kaldialign; oracle: of the best path of each lattice.
Interval: 95 %, over bootstrap draws of sentences. LM weight and word insertion penalty are chosen on the development set. With several seeds,
every figure and both ends of the interval are means over the seeds."""
COLUMNS = {
    "Set": ":--",
    "System": ":--",
    "WER %": "--:",
    "95 % interval": ":-:",
    "WER % by seed": ":-:",
    "Sub / del / ins %": ":-:",
    "Oracle %": "--:",
    "Sentences": "--:",
    "Words": "--:",
}


@dataclass(frozen=True)
class WordRun:
    """A result and its folder, as RESULTS.md names it."""

    folder: str
    result: WordResult


def read_word_runs(paths: Iterable[Path], relative_to: str | Path) -> list[WordRun]:
    """The results at `paths`, result.json files of score_words.py, in the order of their folders."""
    base = Path(relative_to).resolve()
    runs = [WordRun(os.path.relpath(path.resolve().parent, base), read_word_result(path)) for path in paths]
    return sorted(runs, key=lambda run: run.folder)


def render_words(runs: Sequence[WordRun]) -> str:
    """Notes, tables (synthetic speech apart) and how each row was made. Raises DataError where rows contradict one another."""
    parts = [NOTES]
    for is_synthetic, heading in HEADINGS.items():
        rows = group_words([run for run in runs if run.result.facts.synthetic == is_synthetic])
        if rows:
            parts += [
                heading,
                markdown_table(COLUMNS, [[*key, *_figures([run.result for run in row])] for key, row in rows.items()]),
                "### How each row was made",
                _commands(rows),
            ]
    return "\n\n".join(parts) + "\n"


def group_words(runs: Sequence[WordRun]) -> dict[tuple[str, str], list[WordRun]]:
    """Runs by (condition, system), sorted; those of a row are training seeds, in their order.

    Raises DataError when two runs of a row have the same seed, and when one condition was scored against two reference files.
    """
    rows: dict[tuple[str, str], list[WordRun]] = {}
    first_of: dict[str, WordRun] = {}
    for run in sorted(runs, key=lambda run: (run.result.facts.seed is not None, run.result.facts.seed or 0)):
        result = run.result
        row = rows.setdefault((result.condition, result.system), [])
        if row and row[-1].result.facts.seed == result.facts.seed:
            raise DataError(run.folder, f"the same row as {row[-1].folder}: {result.condition}, {result.system}, seed {result.facts.seed}")
        first = first_of.setdefault(result.condition, run)
        if first.result.references.md5 != result.references.md5:
            raise DataError(run.folder, f"condition {result.condition} was scored against other references than in {first.folder}")
        row.append(run)
    return dict(sorted(rows.items()))


def _figures(seeds: list[WordResult]) -> list[str]:
    references = seeds[0].references
    kinds = ("substitutions", "deletions", "insertions")
    shares = [fmean(getattr(result.errors, kind) for result in seeds) / references.num_words for kind in kinds]
    low, high = (fmean(getattr(result.wer, end) for result in seeds) for end in ("low", "high"))
    return [
        percent(fmean(result.wer.value for result in seeds)),
        f"{percent(low)} to {percent(high)}",
        ", ".join(percent(result.wer.value) for result in seeds) if len(seeds) > 1 else "one run",
        " / ".join(map(percent, shares)),
        percent(fmean(result.oracle_wer for result in seeds)),
        f"{references.num_utterances:,}",
        f"{references.num_words:,}",
    ]


def _commands(rows: dict[tuple[str, str], list[WordRun]]) -> str:
    return "\n\n".join(_run_notes(" / ".join(key), run) for key, row in rows.items() for run in row)


def _run_notes(name: str, run: WordRun) -> str:
    result = run.result
    seed = "" if result.facts.seed is None else f", seed {result.facts.seed}"
    weights = f"LM weight {result.lm_weight:g}, penalty {result.word_penalty:g}, {result.chosen_by()}"
    other = "".join(f"; {key} {value}" for key, value in sorted(result.facts.other.items()))
    references = f"references {result.references.path} ({result.references.md5})"
    return f"**{name}{seed}**: {run.folder}; {describe_code(result.version)}; {weights}; {references}{other}\n\n    {result.command}"
