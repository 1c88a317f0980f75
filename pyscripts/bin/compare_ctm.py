#!/usr/bin/env python3
"""Compare the times of words or phones with reference ones: how far their boundaries lie apart.

usage: compare_ctm.py [options] <reference-ctm> <ctm>

All utterances of <ctm> are compared; they must say the same as in the reference. With --ignore, labels such as SIL are left out of both.

  utils/compare_ctm.sh --json exp/tri1/boundaries.json data/train/ctm exp/tri1/ctm
  utils/compare_ctm.sh --ignore SIL data/train/phones.ctm exp/tri1/phones.ctm
"""

from pathlib import Path

from cortado.command import command_line, make_parser, run
from cortado.files import write_json
from cortado.lang.ctm import Timed, read_ctm
from cortado.score.boundaries import TOLERANCES, differences, interval_of_mean, summarise
from cortado.score.result import code_version


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--ignore", default="", metavar="'LABEL ...'", help="labels to leave out of both")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("reference")
    parser.add_argument("ctm")
    args = parser.parse_args()
    ignored = set(args.ignore.split())
    errors = list(differences(read(args.reference, ignored), read(args.ctm, ignored)).values())
    found, (low, high) = summarise(errors), interval_of_mean(errors)
    shares = ", ".join(f"{100 * share:.1f} % within {1000 * limit:g}" for limit, share in zip(TOLERANCES, found.within, strict=True))
    print(
        f"{found.num_boundaries} boundaries of {len(errors)} utterances: median {1000 * found.median_absolute:.1f} ms, "
        f"mean {1000 * found.mean_absolute:.1f} [{1000 * low:.1f}, {1000 * high:.1f}], bias {1000 * found.bias:+.1f}; {shares}"
    )
    if args.json:
        figures = found._asdict() | {"tolerances": TOLERANCES, "mean_low": low, "mean_high": high, "num_utterances": len(errors)}
        version = code_version(Path(__file__).resolve().parent)
        write_json(args.json, figures | {"reference": args.reference, "ctm": args.ctm, "commit": version.commit, "command": command_line()})


def read(path: str, ignored: set[str]) -> dict[str, list[Timed]]:
    return {utt: [timed for timed in said if timed.label not in ignored] for utt, said in read_ctm(path).items()}


if __name__ == "__main__":
    run(main)
