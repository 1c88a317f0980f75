#!/usr/bin/env python3
"""Train the calibration of a system's scores, or the fusion of several systems' scores of one trial list, by logistic regression.

usage: train_calibration.py [options] <score-dir> [<score-dir> ...]

The score folders are those of score_trials.py, all of the list --trials: trials between speakers who are neither those that the
systems were trained on nor those of the trials to be calibrated.

Example:
  train_calibration.py --trials data/held_out/trials --utt2spk data/held_out/utt2spk --p-target 0.05 \\
    --out exp/xvector/calibration.json exp/xvector/scores_held_out
"""

from cortado.command import make_parser, run
from cortado.datadir.table import read_table
from cortado.errors import ConfigError
from cortado.score.calibration import check_results, speakers_of_trials, train_calibration
from cortado.score.models import model_speakers
from cortado.score.quality import QualityTables


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--trials", required=True, metavar="FILE", help="the list that was scored")
    parser.add_argument("--utt2spk", required=True, metavar="FILE", help="speaker of each key in it")
    parser.add_argument("--enrol-models", metavar="FILE", help="the models of the list, if it was scored with such")
    parser.add_argument("--quality", action="append", default=[], metavar="DIR", help="folder of quality measures, repeatable")
    parser.add_argument("--measure", action="append", default=[], metavar="NAME", help="quality measure to use, repeatable")
    parser.add_argument("--p-target", type=float, default=0.05, metavar="P", help="prior of a target trial to train for (default 0.05)")
    parser.add_argument("--out", required=True, metavar="FILE", help="the calibration to write, JSON")
    parser.add_argument("score_dirs", nargs="+", metavar="score-dir")
    args = parser.parse_args()
    if not 0 < args.p_target < 1:
        raise ConfigError(f"--p-target is {args.p_target}, but must lie between 0 and 1")
    utt2spk = read_table(args.utt2spk)
    if args.enrol_models:
        utt2spk |= model_speakers(args.enrol_models, utt2spk, args.utt2spk)
    speakers = speakers_of_trials(args.trials, utt2spk, args.utt2spk)
    results = check_results(args.score_dirs, args.trials)
    calibration = train_calibration(
        args.trials, args.score_dirs, results, QualityTables(args.quality, args.measure), speakers, args.p_target
    )
    calibration.write(args.out)
    names = [str(system) for system in calibration.systems]
    names += [f"{side} {measure}" for measure in calibration.measures for side in ("lesser", "greater")]
    for name, weight in zip(names, calibration.weights, strict=True):
        print(f"train_calibration.py: {weight:+.4f} x {name}")
    print(f"train_calibration.py: {calibration.offset:+.4f}")


if __name__ == "__main__":
    run(main)
