#!/usr/bin/env python3
"""Score a list of verification trials and measure the errors.

Reads a trial list (lines 'enrol test target|nontarget') and embeddings (an scp or ark of vectors). Writes into the folder --out:
  scores       'enrol test score' in the order of the trials, six decimals
  result.json  EER, minDCF at 0.01 and 0.05 and AUC, each with its 95 % interval over speakers, and all that produced them
  summary      the same in one line, which is also printed
  det.txt      the DET curve: false alarm rate, miss rate, threshold;  det.png shows it

Example:
  score_trials.py --trials data/test/trials --embeddings exp/xvector/test/embeddings.scp --utt2spk data/test/utt2spk \\
    --norm asnorm --top-n 50 --cohort exp/xvector/train/embeddings.scp --cohort-utt2spk data/train/utt2spk \\
    --system xvector --condition clean --info seed=1 --info exp/xvector/info.json --out exp/xvector/scores_clean
"""

import shlex
import sys
from pathlib import Path

import numpy as np

from cortado.command import make_parser, run
from cortado.datadir.table import read_table
from cortado.datadir.trials import Trials, read_trials
from cortado.errors import ConfigError
from cortado.files import atomic_write, file_digest
from cortado.report.det import DetCurve, plot_det, write_det_points
from cortado.score.back_end import make_cohort, score_cosine
from cortado.score.embeddings import Embeddings, read_embeddings
from cortado.score.measure import measure, number_speakers, operating_points
from cortado.score.metrics import RankedTrials, Roc
from cortado.score.result import FORMAT, BackEnd, Result, TableVersion, TrialList, code_version, parse_facts


def main():
    args = parse_arguments()
    facts = parse_facts(args.info)
    trials = read_trials(args.trials)
    speakers = number_speakers(trials.enrol, trials.test, trials.is_target, args.trials, read_table(args.utt2spk), args.utt2spk)
    test = read_embeddings(args.embeddings)
    enrol = read_embeddings(args.enrol_embeddings) if args.enrol_embeddings else test
    scores, back_end = score(args, trials, enrol, test)
    ranked = RankedTrials(scores, trials.is_target, args.trials)
    result = Result(
        format=FORMAT,
        system=args.system,
        condition=args.condition,
        trials=describe_list(args.trials, trials, speakers),
        enrol=TableVersion(enrol.source, enrol.md5()),
        test=TableVersion(test.source, test.md5()),
        back_end=back_end,
        facts=facts,
        **measure(ranked, *speakers, args.num_draws),
        num_draws=args.num_draws,
        version=code_version(Path(__file__).resolve().parent),
        command=shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
    )
    write_outputs(Path(args.out), trials, scores, ranked.roc(), result)
    print(result.summary())


def parse_arguments():
    parser = make_parser(__doc__)
    parser.add_argument("--trials", required=True, metavar="FILE", help="lines 'enrol test target|nontarget'")
    parser.add_argument("--embeddings", required=True, metavar="RSPEC", help="embeddings of both sides, or of the test side")
    parser.add_argument("--enrol-embeddings", metavar="RSPEC", help="embeddings of the enrolment side, if they are in another table")
    parser.add_argument(
        "--utt2spk", required=True, metavar="FILE", help="speaker of each key in the trials: checks labels, makes intervals"
    )
    parser.add_argument("--norm", choices=["none", "mean", "asnorm"], default="none", help="cosine; less the cohort's mean; and AS-norm")
    parser.add_argument("--top-n", type=int, default=50, metavar="N", help="AS-norm: nearest cohort speakers to compare with (default 50)")
    parser.add_argument("--cohort", metavar="RSPEC", help="embeddings of training utterances, for --norm mean and asnorm")
    parser.add_argument("--cohort-utt2spk", metavar="FILE", help="their speakers")
    parser.add_argument("--system", required=True, metavar="NAME", help="what to call the system in tables")
    parser.add_argument("--condition", required=True, metavar="NAME", help="what to call the trial list in tables")
    parser.add_argument("--num-draws", type=int, default=1000, metavar="N", help="bootstrap draws behind the intervals (default 1000)")
    parser.add_argument(
        "--info",
        action="append",
        default=[],
        metavar="KEY=VALUE|FILE.json",
        help="facts to record, repeatable; tables show seed, parameters, training_seconds and synthetic (true or false)",
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="score folder to write")
    args = parser.parse_args()
    if args.norm != "none" and not (args.cohort and args.cohort_utt2spk):
        raise ConfigError(f"--norm {args.norm} needs --cohort and --cohort-utt2spk: embeddings of training utterances and their speakers")
    if args.num_draws < 1:
        raise ConfigError(f"--num-draws is {args.num_draws}, but must be at least 1")
    return args


def score(args, trials: Trials, enrol: Embeddings, test: Embeddings) -> tuple[np.ndarray, BackEnd]:
    """Scores in the order of the trials, and the settings that made them."""
    rows = enrol.rows(trials.enrol, args.trials), test.rows(trials.test, args.trials)
    if args.norm == "none":
        return score_cosine(enrol, test, *rows, "none", None, 0), BackEnd("none")
    utterances = read_embeddings(args.cohort)
    cohort = make_cohort(utterances, read_table(args.cohort_utt2spk), args.cohort_utt2spk)
    is_asnorm = args.norm == "asnorm"
    back_end = BackEnd(
        args.norm,
        top_n=args.top_n if is_asnorm else None,
        num_cohort_speakers=len(cohort.speakers.keys) if is_asnorm else None,
        cohort=TableVersion(utterances.source, utterances.md5()),
    )
    return score_cosine(enrol, test, *rows, args.norm, cohort, args.top_n), back_end


def describe_list(path: str, trials: Trials, speakers: tuple[np.ndarray, np.ndarray]) -> TrialList:
    num_targets = int(trials.is_target.sum())
    return TrialList(path, file_digest(path), num_targets, len(trials.is_target) - num_targets, len(np.union1d(*speakers)))


def write_outputs(out: Path, trials: Trials, scores: np.ndarray, roc: Roc, result: Result) -> None:
    """Write the score folder; result.json comes last, so that it never stands beside scores of an earlier run."""
    (out / "result.json").unlink(missing_ok=True)
    with atomic_write(out / "scores") as handle:
        handle.writelines(f"{e} {t} {s:.6f}\n" for e, t, s in zip(trials.enrol, trials.test, scores, strict=True))
    write_det_points(roc, out / "det.txt")
    label = f"{result.system}, {result.back_end.label()}"
    title = f"{result.condition}{' (synthetic speech)' if result.facts.synthetic else ''}"
    plot_det([DetCurve(label, roc.miss, roc.false_alarm, operating_points(roc))], out / "det.png", title)
    with atomic_write(out / "summary") as handle:
        handle.write(result.summary() + "\n")
    result.write(out / "result.json")


if __name__ == "__main__":
    run(main)
