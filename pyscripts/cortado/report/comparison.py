"""COMPARISON.md of a recipe: systems against a baseline on the same trials, which differences are noise, and what each system costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from scipy.stats import t as student

from cortado.report.results import markdown_table
from cortado.score.paired import Difference
from cortado.score.result import Result, percent

NOTES = """\
EER: interpolated ROC, mean over the training seeds. Difference: that of the system less that of the baseline, in points of EER; below 0 the
system is better. *Over speakers*: 95 % interval of the difference for these very networks, both scored on the same drawn speakers. *Over
speakers and seeds*: 95 % interval of the difference for other speakers and other seeds. p: of no difference, two-sided, over speakers and
seeds, corrected by Holm for the number of systems in the table (not for the number of tables). *noise*: p is above 0.05. How it is
computed is in `pyscripts/cortado/score/paired.py`."""
COST_NOTES = """\
Parameters without the classifier. MMAC/s: million multiply-accumulates for a second of audio; kMAC a trial: thousand for comparing two
utterances of 3 s. Training: CPU seconds of a run, mean over the seeds. Extraction: CPU seconds for an hour of audio on one thread,
features not included, all networks in turn in one process. In brackets, as a multiple of the baseline's."""
LEVEL = 0.05


@dataclass(frozen=True)
class Cost:
    """What pyscripts/bin/measure_costs.py says of a network."""

    macs_per_second: float
    macs_per_trial: int
    extraction_cpu_seconds_per_hour: float


@dataclass(frozen=True)
class Row:
    """A system on one trial list: the results of its seeds, and how it differs from the baseline (None for the baseline itself)."""

    system: str
    seeds: Sequence[Result]
    difference: Difference | None

    @property
    def eer(self) -> float:
        return fmean(result.eer.value for result in self.seeds)

    def verdict(self) -> str:
        if self.difference is None:
            return "baseline"
        if self.difference.is_chance(LEVEL):
            return "noise"
        return "better" if self.difference.value < 0 else "worse"


@dataclass(frozen=True)
class Table:
    """All systems of a comparison on one trial list, the baseline first.

    seed_deviation, seed_degrees: standard deviation of the EER between seeds of a system, pooled, and its degrees of freedom.
    """

    condition: str
    rows: Sequence[Row]
    seed_deviation: float
    seed_degrees: int

    def others(self, verdict: str) -> list[Row]:
        return [row for row in self.rows if row.verdict() == verdict]

    def smallest_telling(self) -> float:
        """The difference, as a fraction, that the median system would have needed in order not to be noise."""
        differences = [row.difference for row in self.rows if row.difference]
        tail = LEVEL / 2 / len(differences)
        return median(d.standard_error * float(student.isf(tail, d.degrees)) for d in differences)


@dataclass(frozen=True)
class Comparison:
    """A section: its title, one word or several with _ between, and a table for each condition, all with the same systems."""

    title: str
    tables: Sequence[Table]

    def heading(self) -> str:
        baseline = self.tables[0].rows[0]
        title = self.title.replace("_", " ")
        return f"## {title[0].upper()}{title[1:]} against `{baseline.system}` ({baseline.seeds[0].label()})"


def render(header: str, comparisons: Sequence[Comparison], costs: Mapping[str, Cost]) -> str:
    """The whole page: `header`, then each comparison. `costs` may lack some. Ends in a line break."""
    parts = [header.strip(), "Made by utils/compare_systems.sh from score folders; do not edit.", NOTES]
    for comparison in comparisons:
        parts += [
            comparison.heading(),
            "Differences in points of EER; those that are more than noise are bold.",
            _overview(comparison.tables),
        ]
        parts += ["### Costs", COST_NOTES, _costs(comparison.tables[0].rows, costs)]
        for table in comparison.tables:
            parts += [f"### {table.condition}", _differences(table), in_words(table)]
    return "\n\n".join([*parts, "## Trial lists", _lists(comparisons)]) + "\n"


def in_words(table: Table) -> str:
    """Which differences of the table are noise, and how large one would have to be not to be."""
    baseline, others = table.rows[0].system, table.rows[1:]
    sentences = []
    for verdict in ("better", "worse"):
        rows = table.others(verdict)
        if rows:
            sentences.append(f"{verdict.capitalize()} than `{baseline}`: {_named(rows)}.")
    noise = table.others("noise")
    if noise and len(noise) == len(others):
        sentences.append(f"No system differs from `{baseline}` by more than noise: {_named(noise)}.")
    elif noise:
        sentences.append(f"Noise, and no reason to prefer either: {_named(noise)}.")
    sentences.append(
        f"The standard deviation between seeds of a system is {points(table.seed_deviation)} points ({table.seed_degrees} degrees of freedom); "
        f"a difference of less than about {points(table.smallest_telling())} points could not have been told from noise here."
    )
    return " ".join(sentences)


def points(fraction: float, signed: bool = False) -> str:
    """A fraction in points of per cent.

    >>> points(0.0123), points(0.0123, signed=True), points(-0.00001, signed=True)
    ('1.23', '+1.23', '0.00')
    """
    text = percent(fraction)
    if text in ("0.00", "-0.00"):
        return "0.00"
    return f"+{text}" if signed and fraction > 0 else text


def _named(rows: Sequence[Row]) -> str:
    return ", ".join(f"{row.system} ({points(row.difference.value, signed=True)})" for row in rows)


def _overview(tables: Sequence[Table]) -> str:
    columns = {"System": ":--", **{table.condition: "--:" for table in tables}}
    rows = []
    for row in tables[0].rows[1:]:
        cells = [next(r for r in table.rows if r.system == row.system) for table in tables]
        rows.append([row.system, *map(_overview_cell, cells)])
    baseline = [f"EER {percent(table.rows[0].eer)} %" for table in tables]
    return markdown_table(columns, [[tables[0].rows[0].system, *baseline], *rows])


def _overview_cell(row: Row) -> str:
    text = points(row.difference.value, signed=True)
    return text if row.verdict() == "noise" else f"**{text}**"


def _costs(rows: Sequence[Row], costs: Mapping[str, Cost]) -> str:
    columns = {"System": ":--", **dict.fromkeys(("Parameters", "MMAC/s", "kMAC a trial", "Training, CPU s", "Extraction, CPU s/h"), "--:")}
    training = [_training_seconds(row) for row in rows]
    extraction = [costs[row.system].extraction_cpu_seconds_per_hour if row.system in costs else None for row in rows]
    cells = []
    for row, trained, extracted in zip(rows, training, extraction, strict=True):
        parameters, cost = row.seeds[0].facts.parameters, costs.get(row.system)
        macs = [f"{cost.macs_per_second / 1e6:.1f}", f"{cost.macs_per_trial / 1e3:,.1f}"] if cost else ["-", "-"]
        size = "-" if parameters is None else f"{parameters:,}"
        cells.append([row.system, size, *macs, _multiple(trained, training[0]), _multiple(extracted, extraction[0])])
    return markdown_table(columns, cells)


def _training_seconds(row: Row) -> float | None:
    seconds = [result.facts.other.get("training_cpu_seconds") for result in row.seeds]
    return None if None in seconds else fmean(seconds)


def _multiple(value: float | None, of_baseline: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1f} ({value / of_baseline:.2f})" if of_baseline else f"{value:.1f}"


def _differences(table: Table) -> str:
    columns = {
        "System": ":--",
        "EER %": "--:",
        "By seed": ":-:",
        "minDCF(0.05)": "--:",
        "Difference": "--:",
        "Over speakers": ":-:",
        "Over speakers and seeds": ":-:",
        "p": "--:",
        "Verdict": ":--",
    }
    return markdown_table(columns, [[*_measured(row), *_compared(row.difference), row.verdict()] for row in table.rows])


def _measured(row: Row) -> list[str]:
    by_seed = ", ".join(percent(result.eer.value) for result in row.seeds)
    return [row.system, percent(row.eer), by_seed, f"{fmean(result.min_dcf_005.value for result in row.seeds):.4f}"]


def _compared(difference: Difference | None) -> list[str]:
    if difference is None:
        return [""] * 4
    intervals = [" to ".join(points(end, signed=True) for end in ends) for ends in (difference.over_speakers, difference.over_both())]
    p_value = difference.p_corrected
    return [points(difference.value, signed=True), *intervals, "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"]


def _lists(comparisons: Sequence[Comparison]) -> str:
    columns = {"Condition": ":--", "Trial list": ":--", "MD5": ":--", "Targets": "--:", "Nontargets": "--:", "Speakers": "--:"}
    lists = {table.condition: table.rows[0].seeds[0].trials for comparison in comparisons for table in comparison.tables}
    return markdown_table(
        columns,
        [
            [condition, t.path, t.md5, f"{t.num_targets:,}", f"{t.num_nontargets:,}", f"{t.num_speakers:,}"]
            for condition, t in sorted(lists.items())
        ],
    )
