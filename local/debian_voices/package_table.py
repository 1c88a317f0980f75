#!/usr/bin/env python3
"""Write the header of RESULTS.md with a table of error rates by package, and their mean over packages, behind it.

    local/debian_voices/package_table.py --header conf/results_header.md exp exp/results_header.md

Takes every result.json below the folder whose condition is 'test_<package>' or 'test_<package>_channel', as run.sh names them. Several
seeds of a system are averaged. The mean is one of error rates: scores of different packages are never put together.
"""

from collections import defaultdict
from statistics import fmean

from cortado.command import make_parser, run
from cortado.files import atomic_write
from cortado.report.results import find_runs, markdown_table, read_header
from cortado.score.result import Result


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--header", required=True, help="Markdown to begin with")
    parser.add_argument("results", help="folder of the results")
    parser.add_argument("out", help="the Markdown to write")
    args = parser.parse_args()
    header = read_header(args.header)
    with atomic_write(args.out) as out:
        out.write(header + "\n" + make_table([found.result for found in find_runs([args.results], relative_to=".")]))


def make_table(results: list[Result]) -> str:
    """One row per condition, system and back end, one column per package: EER % and minDCF(0.05), means over seeds; then means of these."""
    cells: dict[tuple[str, ...], dict[str, list[Result]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        package = result.condition.removeprefix("test_").removesuffix("_channel")
        condition = "channel-perturbed" if result.condition.endswith("_channel") else "as recorded"
        cells[condition, result.system, result.back_end.label()][package].append(result)
    packages = sorted({package for row in cells.values() for package in row})
    columns = dict.fromkeys(("Condition", "System", "Back end"), ":--") | dict.fromkeys((*packages, "Mean"), "--:")
    rows = [[*key, *figures([row[package] for package in packages])] for key, row in sorted(cells.items())]
    return f"## By package\n\nEER % / minDCF(0.05), means over seeds; last the mean over packages.\n\n{markdown_table(columns, rows)}\n"


def figures(packages: list[list[Result]]) -> list[str]:
    """A cell for each package, given its seeds, and one for their mean, which wants all packages."""
    means = [(fmean(r.eer.value for r in seeds), fmean(r.min_dcf_005.value for r in seeds)) for seeds in packages if seeds]
    cells = iter([cell(*mean) for mean in means])
    overall = cell(*map(fmean, zip(*means, strict=True))) if len(means) == len(packages) else "-"
    return [*(next(cells) if seeds else "-" for seeds in packages), overall]


def cell(eer: float, min_dcf: float) -> str:
    return f"{100 * eer:.2f} / {min_dcf:.4f}"


if __name__ == "__main__":
    run(main)
