#!/usr/bin/env python3
"""Score a list of verification trials by cross attentive pooling, from frame maps, and measure the errors.

Reads a trial list (lines 'enrol test target|nontarget'), the model, and a folder of frame maps that it made
(steps/extract_maps.sh). Writes the folder --out as score_trials.py does: scores, result.json, summary, det.txt, det.png.

Example:
  score_cross_attentive.py --model exp/fast_cap/final.pt --trials data/test/trials --maps exp/fast_cap/test \\
    --utt2spk data/test/utt2spk --system fast_cap --condition test --out exp/fast_cap/scores_test

A long list is scored by several jobs, as steps/score_cross_attentive.sh does it; the files are the same:
  split_trials.py data/test/trials 8 exp/fast_cap/scores_test/parts/trials.json
  score_cross_attentive.py (the options above) --part 1    and so on to 8
  score_cross_attentive.py (the options above) --merge     puts them together and measures

With --enrol-models, the enrolment side of the trials names models, each enrolled with the utterances on its line: the score is the
mean over them.
"""

from pathlib import Path

import numpy as np
import torch

from cortado.command import command_line, make_parser, progress, run
from cortado.datadir.table import read_table
from cortado.errors import ConfigError
from cortado.report.score_folder import Origin, measure_scores
from cortado.score.cross_attentive import CrossAttentiveScorer
from cortado.score.lookup import RowLookup
from cortado.score.maps import Keys, MapTable
from cortado.score.models import model_speakers, read_models, single_utterances
from cortado.score.result import BackEnd, Facts, TableVersion, code_version, parse_facts
from cortado.score.scored import SCORED, scored_path, write_scored
from cortado.score.split_list import Part, SplitList, read_split, split_trials
from cortado.train.cross_attentive import load_cross_attentive

BLOCK_TRIALS = 1 << 14  # between two signs of life


def main() -> None:
    args = parse_arguments()
    torch.set_num_threads(args.num_threads)
    facts = parse_facts(args.info)
    split_path = args.out / "parts" / "trials.json"
    if args.part is None and not args.merge:
        split_trials(args.trials, 1).write(split_path)
    split, sides = read_split(split_path), Sides(args)
    if not args.merge:
        score_part(args, split, args.part or 1, sides)
    if args.part is None:
        result = measure_scores(args.out, split, sides.lookup, describe_origin(args, facts, sides), args.num_draws)
        print(result.summary())


def parse_arguments():
    parser = make_parser(__doc__)
    parser.add_argument("--model", required=True, metavar="FILE", help="final.pt of the network that made the maps")
    parser.add_argument("--trials", required=True, metavar="FILE", help="lines 'enrol test target|nontarget'")
    parser.add_argument("--maps", required=True, metavar="DIR", help="maps of both sides, or of the test side")
    parser.add_argument("--enrol-maps", metavar="DIR", help="maps of the enrolment side, if they are in another folder")
    parser.add_argument("--utt2spk", required=True, metavar="FILE", help="speaker of each key: checks labels, makes intervals")
    parser.add_argument("--enrol-models", metavar="FILE", help="lines 'model utterance utterance ...': who is enrolled with what")
    parser.add_argument("--cache-mb", type=int, default=1000, metavar="N", help="memory for maps that are used again (default 1000)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    parser.add_argument("--num-threads", type=int, default=1, help="threads of the arithmetic on the CPU (default 1)")
    parser.add_argument("--system", metavar="NAME", help="what to call the system in tables")
    parser.add_argument("--condition", metavar="NAME", help="what to call the trial list in tables")
    parser.add_argument("--num-draws", type=int, default=1000, metavar="N", help="bootstrap draws behind the intervals (default 1000)")
    parser.add_argument("--info", action="append", default=[], metavar="KEY=VALUE|FILE.json", help="facts to record, repeatable")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="score folder to write")
    parser.add_argument("--part", type=int, metavar="JOB", help="only score part JOB, counted from 1, of DIR/parts/trials.json")
    parser.add_argument("--merge", action="store_true", help="only put the scored parts together and measure")
    args = parser.parse_args()
    if args.part is None and not (args.system and args.condition):
        raise ConfigError("the result needs names for tables: --system and --condition")
    for name in ("num_draws", "cache_mb"):
        if getattr(args, name) < 1:
            raise ConfigError(f"--{name.replace('_', '-')} is {getattr(args, name)}, but must be at least 1")
    return args


class Sides:
    """Maps of both sides, the models that trials name (each utterance one, if there are no others), and the lookup of trials."""

    def __init__(self, args):
        self.test = MapTable(args.maps)
        self.enrol = MapTable(args.enrol_maps) if args.enrol_maps else self.test
        for table in (self.test, self.enrol):
            table.refuse_other_model(args.model)
        utt2spk, names = read_table(args.utt2spk), self.enrol
        self.models = single_utterances(self.enrol)
        if args.enrol_models:
            self.models = read_models(args.enrol_models, self.enrol)
            names = Keys(args.enrol_models, self.models.names)
            utt2spk |= model_speakers(args.enrol_models, utt2spk, args.utt2spk)
        self.lookup = RowLookup(args.trials, names, self.test, utt2spk, args.utt2spk)


def score_part(args, split: SplitList, job: int, sides: Sides) -> None:
    """Score one part of the list and write it beside the others. A result that stands there is of other scores from now on."""
    if not 1 <= job <= len(split.parts):
        raise ConfigError(f"--part is {job}, but {args.trials} was split into {len(split.parts)} parts")
    (args.out / "result.json").unlink(missing_ok=True)
    network, _ = load_cross_attentive(args.model, args.device)
    scorer = CrossAttentiveScorer(network, sides.enrol, sides.test, sides.models, args.device, args.cache_mb << 20)
    part = split.parts[job - 1]
    path = scored_path(args.out / "parts", job, len(split.parts))
    write_scored(path, scored_blocks(scorer, sides.lookup, part), part.num_trials)


def scored_blocks(scorer: CrossAttentiveScorer, lookup: RowLookup, part: Part):
    """Arrays of SCORED, in the order of the list."""
    blocks = (
        (enrol[start : start + BLOCK_TRIALS], test[start : start + BLOCK_TRIALS])
        for enrol, test in lookup.blocks(part)
        for start in range(0, len(enrol), BLOCK_TRIALS)
    )
    for enrol, test in progress(blocks, -(-part.num_trials // BLOCK_TRIALS), f"blocks of {BLOCK_TRIALS} trials"):
        scored = np.empty(len(enrol), SCORED)
        scored["enrol"], scored["test"], scored["score"] = enrol, test, scorer(enrol, test)
        yield scored


def describe_origin(args, facts: Facts, sides: Sides) -> Origin:
    return Origin(
        system=args.system,
        condition=args.condition,
        enrol=TableVersion(sides.enrol.source, sides.enrol.md5()),
        test=TableVersion(sides.test.source, sides.test.md5()),
        back_end=BackEnd("none", pair_head="cross attentive"),
        facts=facts,
        version=code_version(Path(__file__).resolve().parent),
        command=command_line("--merge"),
    )


if __name__ == "__main__":
    run(main)
