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

A long list is scored by several jobs, as steps/score_trials.sh does it; the files are the same:
  split_trials.py data/test/trials 8 exp/xvector/scores_clean/parts/trials.json
  score_trials.py (the options above) --part 1    and so on to 8: each leaves a file, exp/xvector/scores_clean/parts/scored.1of8.npy
  score_trials.py (the options above) --merge     puts them together and measures

With --plda MODEL (of train_plda.py) the scores are log-likelihood ratios, as yet uncalibrated, instead of cosines. With --enrol-models,
the enrolment side of the trials names models, each enrolled with the utterances on its line.
"""

import typing
from pathlib import Path

import numpy as np

from cortado.command import command_line, make_parser, progress, run
from cortado.datadir.table import read_table
from cortado.errors import ConfigError
from cortado.files import file_digest
from cortado.report.score_folder import Origin, measure_scores
from cortado.score.back_end import SHORT_LIST, CosineScorer, Norm, PairScorer, PldaScorer, UsedRows, make_cohort, plda_cohort
from cortado.score.embeddings import read_embeddings
from cortado.score.lookup import BLOCK_TRIALS, RowLookup, used_rows
from cortado.score.models import Models, model_speakers, read_models
from cortado.score.plda_back_end import read_plda
from cortado.score.result import BackEnd, Facts, PldaModel, TableVersion, code_version, parse_facts
from cortado.score.scored import SCORED, scored_path, write_scored
from cortado.score.split_list import SplitList, read_split, split_trials


def main():
    args = parse_arguments()
    facts = parse_facts(args.info)
    split_path = Path(args.out, "parts", "trials.json")
    if args.part is None and not args.merge:
        split_trials(args.trials, 1).write(split_path)
    split = read_split(split_path)
    sides = Sides(args)
    if not args.merge:
        score_part(args, split, args.part or 1, sides)
    if args.part is None:
        result = measure_scores(Path(args.out), split, sides.lookup, describe_origin(args, facts, sides.lookup), args.num_draws)
        print(result.summary())


class Sides:
    """Embeddings of both sides; models: who is enrolled with which of `enrol`, None if each utterance is one; plda: None for cosine;
    lookup: of trials.
    """

    def __init__(self, args):
        self.plda = read_plda(args.plda) if args.plda else None
        self.test = read_embeddings(args.embeddings)
        self.enrol = read_embeddings(args.enrol_embeddings) if args.enrol_embeddings else self.test
        self.models: Models | None = None
        utt2spk, enrol = read_table(args.utt2spk), self.enrol
        if args.enrol_models:
            self.models = read_models(args.enrol_models, self.enrol)
            enrol = self.models.average(self.enrol)
            utt2spk |= model_speakers(args.enrol_models, utt2spk, args.utt2spk)
        trained_on = self.plda.trained_on.speakers if self.plda else ()
        self.lookup = RowLookup(args.trials, enrol, self.test, utt2spk, args.utt2spk, trained_on)


def parse_arguments():
    parser = make_parser(__doc__)
    parser.add_argument("--trials", required=True, metavar="FILE", help="lines 'enrol test target|nontarget'")
    parser.add_argument("--embeddings", required=True, metavar="RSPEC", help="embeddings of both sides, or of the test side")
    parser.add_argument("--enrol-embeddings", metavar="RSPEC", help="embeddings of the enrolment side, if they are in another table")
    parser.add_argument(
        "--utt2spk", required=True, metavar="FILE", help="speaker of each key in the trials: checks labels, makes intervals"
    )
    parser.add_argument("--enrol-models", metavar="FILE", help="lines 'model utterance utterance ...': who is enrolled with what")
    parser.add_argument("--plda", metavar="FILE", help="score by this PLDA model instead of by cosine")
    parser.add_argument(
        "--norm", choices=typing.get_args(Norm), default="none", help="cosine; inner product; less the cohort's mean; and AS-norm"
    )
    parser.add_argument("--top-n", type=int, default=50, metavar="N", help="AS-norm: nearest cohort speakers to compare with (default 50)")
    parser.add_argument("--cohort", metavar="RSPEC", help="embeddings of training utterances, for --norm mean and asnorm")
    parser.add_argument("--cohort-utt2spk", metavar="FILE", help="their speakers")
    parser.add_argument("--system", metavar="NAME", help="what to call the system in tables")
    parser.add_argument("--condition", metavar="NAME", help="what to call the trial list in tables")
    parser.add_argument("--num-draws", type=int, default=1000, metavar="N", help="bootstrap draws behind the intervals (default 1000)")
    parser.add_argument(
        "--info",
        action="append",
        default=[],
        metavar="KEY=VALUE|FILE.json",
        help="facts to record, repeatable; tables show seed, parameters, training_seconds and synthetic (true or false)",
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="score folder to write")
    parser.add_argument("--part", type=int, metavar="JOB", help="only score part JOB, counted from 1, of DIR/parts/trials.json")
    parser.add_argument("--merge", action="store_true", help="only put the scored parts together and measure")
    args = parser.parse_args()
    if args.part is None and not (args.system and args.condition):
        raise ConfigError("the result needs names for tables: --system and --condition")
    if args.norm in ("mean", "asnorm") and not (args.cohort and args.cohort_utt2spk):
        raise ConfigError(f"--norm {args.norm} needs --cohort and --cohort-utt2spk: embeddings of training utterances and their speakers")
    if args.plda and args.norm in ("inner", "mean"):
        raise ConfigError(f"--norm {args.norm} is not for PLDA, which subtracts the mean that it was trained with")
    if args.num_draws < 1:
        raise ConfigError(f"--num-draws is {args.num_draws}, but must be at least 1")
    return args


def score_part(args, split: SplitList, job: int, sides: Sides) -> None:
    """Score one part of the list and write it beside the others. A result that stands there is of other scores from now on."""
    if not 1 <= job <= len(split.parts):
        raise ConfigError(f"--part is {job}, but {args.trials} was split into {len(split.parts)} parts")
    Path(args.out, "result.json").unlink(missing_ok=True)
    # A list that every job can read whole costs no products of embeddings that do not occur in it.
    used = used_rows(args.trials, sides.lookup.enrol, sides.lookup.test) if split.num_trials <= SHORT_LIST else None
    scorer = make_scorer(args, sides, split.num_trials, used)
    part = split.parts[job - 1]
    scored = (score_rows(scorer, *rows) for rows in sides.lookup.blocks(part))
    num_blocks = -(-part.num_trials // BLOCK_TRIALS)
    path = scored_path(Path(args.out, "parts"), job, len(split.parts))
    write_scored(path, progress(scored, num_blocks, f"blocks of {BLOCK_TRIALS} trials"), part.num_trials)


def make_scorer(args, sides: Sides, num_trials: int, used: UsedRows) -> PairScorer:
    plda, cohort = sides.plda, None
    if args.norm in ("mean", "asnorm"):
        training = read_embeddings(args.cohort), read_table(args.cohort_utt2spk), args.cohort_utt2spk
        cohort = plda_cohort(plda, *training) if plda else make_cohort(*training)
    rest = cohort, args.top_n, num_trials, used, sides.models
    if plda:
        return PldaScorer(sides.enrol, sides.test, plda, *rest)
    return CosineScorer(sides.enrol, sides.test, args.norm, *rest)


def score_rows(scorer: PairScorer, enrol_rows: np.ndarray, test_rows: np.ndarray) -> np.ndarray:
    scored = np.empty(len(enrol_rows), SCORED)
    scored["enrol"], scored["test"], scored["score"] = enrol_rows, test_rows, scorer(enrol_rows, test_rows)
    return scored


def describe_origin(args, facts: Facts, lookup: RowLookup) -> Origin:
    return Origin(
        system=args.system,
        condition=args.condition,
        enrol=TableVersion(lookup.enrol.source, lookup.enrol.md5()),
        test=TableVersion(lookup.test.source, lookup.test.md5()),
        back_end=describe_back_end(args),
        facts=facts,
        version=code_version(Path(__file__).resolve().parent),
        command=command_line("--merge"),
    )


def describe_back_end(args) -> BackEnd:
    plda = PldaModel(args.plda, file_digest(args.plda), read_plda(args.plda).trained_on.lda_dim) if args.plda else None
    if args.norm in ("none", "inner"):
        return BackEnd(args.norm, plda=plda)
    cohort = read_embeddings(args.cohort)
    version = TableVersion(cohort.source, cohort.md5())
    if args.norm == "mean":
        return BackEnd("mean", cohort=version)
    utt2spk = read_table(args.cohort_utt2spk)
    return BackEnd("asnorm", args.top_n, len({utt2spk[key] for key in cohort.keys}), version, plda)


if __name__ == "__main__":
    run(main)
