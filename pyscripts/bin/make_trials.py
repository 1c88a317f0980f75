#!/usr/bin/env python3
"""Make the trial list of a data directory: pairs of its utterances, 'enrol test target|nontarget', sorted.

Of two utterances only one order is listed, and none with itself. All pairs, or samples of them that depend on --seed alone.

    utils/make_trials.sh --max-nontarget 100000 --exclude-same recording data/test
    utils/make_trials.sh --same-sex data/test data/test/trials_same_sex
"""

from pathlib import Path

from cortado.command import make_parser, run
from cortado.datadir import DataDir
from cortado.datadir.pairs import Pairs, trial_lines
from cortado.errors import DataError
from cortado.files import atomic_write


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--max-target", type=int, metavar="N", help="at most N target trials (all)")
    parser.add_argument("--max-nontarget", type=int, metavar="N", help="at most N nontarget trials (all)")
    parser.add_argument("--same-sex", action="store_true", help="nontarget trials between speakers of one sex, of spk2gender")
    parser.add_argument("--exclude-same", choices=["recording"], help="target trials between different recordings, of utt2rec, only")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the samples (0)")
    parser.add_argument("data_dir")
    parser.add_argument("trials", nargs="?", help="the list to write (<data-dir>/trials)")
    args = parser.parse_args()
    data_dir = DataDir(args.data_dir)
    utterances = data_dir.utterances
    speakers = [data_dir.utt2spk[utterance] for utterance in utterances]
    recordings = _look_up(data_dir, "utt2rec", utterances) if args.exclude_same else utterances
    sexes = _look_up(data_dir, "spk2gender", speakers) if args.same_sex else [""] * len(speakers)
    targets = Pairs(speakers, [f"{speaker} {recording}" for speaker, recording in zip(speakers, recordings, strict=True)])
    nontargets = Pairs(sexes, speakers)
    num_targets, target_rows = _draw(targets, args.max_target, args.seed)
    num_nontargets, nontarget_rows = _draw(nontargets, args.max_nontarget, args.seed + 1)
    if not num_targets or not num_nontargets:
        raise DataError(args.data_dir, f"gives {num_targets} target and {num_nontargets} nontarget trials; both kinds are needed")
    with atomic_write(args.trials or Path(args.data_dir) / "trials") as out:
        out.writelines(trial_lines(utterances, target_rows, nontarget_rows))
    print(f"make_trials.sh: {num_targets} of {targets.total} target and {num_nontargets} of {nontargets.total} nontarget trials")


def _look_up(data_dir: DataDir, name: str, keys: list[str]) -> list[str]:
    table = data_dir.table(name)
    for key in keys:
        if key not in table:
            raise DataError(data_dir.path / name, f"has no line for {key}")
    return [table[key] for key in keys]


def _draw(pairs: Pairs, limit: int | None, seed: int):
    if limit is None or limit >= pairs.total:
        return pairs.total, pairs.rows()
    return limit, pairs.sampled_rows(limit, seed)


if __name__ == "__main__":
    run(main)
