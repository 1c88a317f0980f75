"""Tables of boundary errors for RESULTS.md, from the boundaries.json files of compare_ctm.py."""

from collections.abc import Iterable
from pathlib import Path
from statistics import fmean

from cortado.errors import DataError
from cortado.report.results import markdown_table
from cortado.score.boundaries import TOLERANCES, BoundaryResult, read_boundary_result

HEADINGS = {
    False: "## Boundaries against reference times, recorded speech",
    True: "## Boundaries against reference times, synthetic speech",
}
NOTES = """\
Starts and ends of the aligned words or phones less those of the reference, in ms. Interval: 95 %, of the mean, over bootstrap draws of
utterances. With several seeds, every figure and both ends of the interval are means over the seeds."""
COLUMNS = {
    "Set": ":--",
    "System": ":--",
    "Median": "--:",
    "Median by seed": ":-:",
    "Mean": "--:",
    "95 % interval": ":-:",
    "Bias": "--:",
    **{f"Within {1000 * tolerance:g}, %": "--:" for tolerance in TOLERANCES},
    "Boundaries": "--:",
}


def read_boundary_results(paths: Iterable[Path]) -> list[BoundaryResult]:
    """The results at `paths`, by condition, system and seed. Raises DataError for two of one row and seed."""
    found: dict[tuple[str, str, int], BoundaryResult] = {}
    for path in paths:
        result = read_boundary_result(path)
        key = result.condition, result.system, -1 if result.facts.seed is None else result.facts.seed
        if key in found:
            raise DataError(path, f"the same row and seed as {found[key].aligned}: {', '.join(map(str, key))}")
        found[key] = result
    return [found[key] for key in sorted(found)]


def render_boundaries(results: Iterable[BoundaryResult]) -> str:
    """Notes and tables, synthetic speech apart."""
    parts = [NOTES]
    for is_synthetic, heading in HEADINGS.items():
        rows: dict[tuple[str, str], list[BoundaryResult]] = {}
        for result in results:
            if result.facts.synthetic == is_synthetic:
                rows.setdefault((result.condition, result.system), []).append(result)
        if rows:
            parts += [heading, markdown_table(COLUMNS, [[*key, *_figures(seeds)] for key, seeds in rows.items()])]
    return "\n\n".join(parts) + "\n"


def _figures(seeds: list[BoundaryResult]) -> list[str]:
    errors = [result.errors for result in seeds]

    def mean(name: str, sign: str = "") -> str:
        return f"{1000 * fmean(getattr(error, name) for error in errors):{sign}.1f}"

    shares = [f"{100 * fmean(error.within[number] for error in errors):.1f}" for number in range(len(TOLERANCES))]
    by_seed = ", ".join(f"{1000 * error.median_absolute:.1f}" for error in errors) if len(errors) > 1 else "one run"
    interval = f"{mean('mean_low')} to {mean('mean_high')}"
    return [
        *(mean("median_absolute"), by_seed, mean("mean_absolute"), interval, mean("bias", "+")),
        *shares,
        f"{errors[0].num_boundaries:,}",
    ]
