#!/usr/bin/env python3
"""Turn scores into log-likelihood ratios (natural logarithm) with a calibration, or fuse those of several systems, and measure them.

usage: calibrate_scores.py [options] <calibration.json> <score-dir> [<score-dir> ...]

The score folders are of the systems that train_calibration.py was given, in the same order, and of the list --trials, in which none of
its speakers may speak. Writes the folder --out as score_trials.py does; result.json also has Cllr, its minimum, and the actual DCF.

Example:
  calibrate_scores.py --trials data/test/trials --utt2spk data/test/utt2spk --out exp/xvector/scores_test_calibrated \\
    exp/xvector/calibration.json exp/xvector/scores_test
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from cortado.command import command_line, make_parser, run
from cortado.datadir.table import read_table
from cortado.errors import ConfigError
from cortado.files import atomic_write
from cortado.report.score_folder import write_measures
from cortado.score.calibration import Calibration, check_results, fused_facts, read_calibration, speakers_of_trials, system_of
from cortado.score.measure import CALIBRATED_FIGURES, FIGURES, measure
from cortado.score.metrics import RankedTrials
from cortado.score.models import model_speakers
from cortado.score.quality import QualityTables
from cortado.score.result import Calibrated, Result, code_version
from cortado.score.score_file import scored_trials


def main() -> None:
    args = parse_arguments()
    calibration = read_calibration(args.calibration)
    utt2spk = read_table(args.utt2spk)
    if args.enrol_models:
        utt2spk |= model_speakers(args.enrol_models, utt2spk, args.utt2spk)
    speakers = speakers_of_trials(args.trials, utt2spk, args.utt2spk)
    results = check_results(args.score_dirs, args.trials)
    calibration.refuse_other_systems([system_of(result) for result in results])
    calibration.refuse_trials_of_training(args.trials, results[0].trials.md5, set(speakers))
    (args.out / "result.json").unlink(missing_ok=True)
    number = {speaker: i for i, speaker in enumerate(speakers)}
    ratios, is_target, *sides = calibrate(args, calibration, {key: number.get(speaker, -1) for key, speaker in utt2spk.items()})
    ranked = RankedTrials(ratios, is_target, args.trials)
    result = measured(args, calibration, results, ranked, sides)
    write_measures(args.out, ranked.roc(), result)
    print(result.summary())


def parse_arguments():
    parser = make_parser(__doc__)
    parser.add_argument("--trials", required=True, metavar="FILE", help="the list that was scored")
    parser.add_argument("--utt2spk", required=True, metavar="FILE", help="speaker of each key in it")
    parser.add_argument("--enrol-models", metavar="FILE", help="the models of the list, if it was scored with such")
    parser.add_argument("--quality", action="append", default=[], metavar="DIR", help="folder of quality measures, repeatable")
    parser.add_argument("--system", metavar="NAME", help="name in tables; that of the first system if not given")
    parser.add_argument("--num-draws", type=int, default=1000, metavar="N", help="bootstrap draws behind the intervals (default 1000)")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="score folder to write")
    parser.add_argument("calibration")
    parser.add_argument("score_dirs", nargs="+", metavar="score-dir")
    args = parser.parse_args()
    if args.num_draws < 1:
        raise ConfigError(f"--num-draws is {args.num_draws}, but must be at least 1")
    if args.out.resolve() in [Path(folder).resolve() for folder in args.score_dirs]:
        raise ConfigError(f"--out is {args.out}, which holds the scores to calibrate; give another folder")
    return args


def calibrate(args, calibration: Calibration, speaker_of: dict[str, int]) -> list[np.ndarray]:
    """Write the score file; returns ratios, labels, and the speaker numbers of both sides, (num_trials,) each."""
    quality = QualityTables(args.quality if calibration.measures else [], calibration.measures)
    blocks = []
    with atomic_write(args.out / "scores") as out:
        for trials, scores in scored_trials(args.trials, [Path(folder, "scores") for folder in args.score_dirs]):
            ratios = calibration(np.column_stack([scores, quality.features(trials.enrol, trials.test)]))
            out.writelines(f"{e} {t} {ratio:.6f}\n" for e, t, ratio in zip(trials.enrol, trials.test, ratios.tolist(), strict=True))
            sides = [np.array([speaker_of[key] for key in keys], dtype=np.int32) for keys in (trials.enrol, trials.test)]
            blocks.append((ratios, trials.is_target, *sides))
    return [np.concatenate(column) for column in zip(*blocks, strict=True)]


def measured(args, calibration: Calibration, results: list[Result], ranked: RankedTrials, speakers: list[np.ndarray]) -> Result:
    estimates = measure(ranked, *speakers, args.num_draws, {**FIGURES, **CALIBRATED_FIGURES})
    source = calibration.systems, calibration.measures, calibration.p_target, calibration.trials, calibration.md5
    return replace(
        results[0],
        system=args.system or results[0].system,
        facts=fused_facts(results),
        **{name: estimates[name] for name in FIGURES},
        num_draws=args.num_draws,
        version=code_version(Path(__file__).resolve().parent),
        command=command_line(),
        calibrated=Calibrated(*source, **{name: estimates[name] for name in CALIBRATED_FIGURES}),
    )


if __name__ == "__main__":
    run(main)
