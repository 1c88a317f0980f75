#!/usr/bin/env python3
"""Write the header of RESULTS.md with a table of error rates over test lengths behind it.

    local/vctk/length_table.py --header conf/results_header.md exp exp/results_header.md

Takes every result.json below the folder whose condition is '<trial list> test_<length>', as run.sh names them: 'trials test_2s'. Several
seeds of a system are averaged.
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
    """One row per trial list, system and back end, one column per length: EER % and minDCF(0.01), means over seeds."""
    cells: dict[tuple[str, ...], dict[str, list[Result]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        trials, _, length = result.condition.partition(" test_")
        cells[trials, result.system, result.back_end.label()][length].append(result)
    lengths = sorted({length for row in cells.values() for length in row}, key=seconds)
    columns = dict.fromkeys(("Trials", "System", "Back end"), ":--") | dict.fromkeys(lengths, "--:")
    rows = [[*key, *(figures(row[length]) for length in lengths)] for key, row in sorted(cells.items())]
    return f"## Over test lengths\n\nEER % / minDCF(0.01), means over seeds.\n\n{markdown_table(columns, rows)}\n"


def seconds(length: str) -> float:
    """'2s' -> 2.0; 'full' is longer than all."""
    return float("inf") if length == "full" else float(length.removesuffix("s"))


def figures(seeds: list[Result]) -> str:
    if not seeds:
        return "-"
    return f"{100 * fmean(r.eer.value for r in seeds):.2f} / {fmean(r.min_dcf_001.value for r in seeds):.4f}"


if __name__ == "__main__":
    run(main)
