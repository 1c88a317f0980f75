#!/usr/bin/env python3
"""Make the targets of a network on video from alignments of its sound: one job of steps/make_state_targets.sh.

usage: make_state_targets.py [options] <data-dir> <ali-dir> <targets-dir>

Reads <ali-dir>/{ali.*.gz,final.mdl} and <data-dir>/{utt2spk,utt2num_lips}, the video frames of each utterance, at 25/s. Which frame of the
alignment an output of the network takes is told in cortado/hmm/frame_rate.py. Writes into <targets-dir>:
  targets.ark, targets.scp   the class (pdf id) of each output, an int vector of every utterance
  num_classes                how many classes the model has
  priors                     log priors of the classes, a Kaldi vector; a class that does not occur counts as if it had once
  left_out                   utterances without an alignment, or whose alignment has another length, each with the reason

  make_state_targets.py data/train exp/tri3 exp/targets/train
"""

from argparse import Namespace
from pathlib import Path

import numpy as np

from cortado.ark import ArkWriter
from cortado.command import make_parser, progress, run
from cortado.datadir import DataDir, write_table
from cortado.datadir.table import read_table
from cortado.errors import ConfigError, CortadoError, DataError
from cortado.files import atomic_write
from cortado.hmm.alignment import check_alignment, read_alignments
from cortado.hmm.class_priors import log_priors, write_log_priors
from cortado.hmm.frame_rate import frames_of_outputs
from cortado.hmm.model import read_transition_model

LENGTHS = "utt2num_lips"


def main() -> None:
    args = parse_arguments()
    transitions = read_transition_model(args.ali_dir / "final.mdl")
    lengths = read_lengths(args.data_dir)
    targets: dict[str, np.ndarray] = {}
    left_out = dict.fromkeys(lengths, f"has no alignment in {args.ali_dir}")
    for utterance, tids in progress(read_alignments(args.ali_dir), len(lengths), "utterances"):
        if utterance not in lengths:
            continue
        check_alignment(utterance, tids, transitions)
        try:
            frames = frames_of_outputs(utterance, lengths[utterance], len(tids), args.outputs_per_frame)
        except CortadoError as error:
            left_out[utterance] = str(error)
            continue
        targets[utterance] = transitions.tid_to_pdf[tids[frames]]
        del left_out[utterance]
    check_left_out(left_out, len(lengths), args.max_left_out)
    write_targets(args.targets_dir, targets, transitions.num_pdfs)
    write_table(args.targets_dir / "left_out", left_out)
    print(f"targets of {len(targets)} utterances in {args.targets_dir}, {transitions.num_pdfs} classes; {len(left_out)} are left out")


def parse_arguments() -> Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--outputs-per-frame", type=int, default=4, metavar="N", help="outputs for each video frame: 1, 2 or 4 (default 4)")
    parser.add_argument("--max-left-out", type=int, default=0, metavar="N", help="utterances without targets that are accepted (default 0)")
    parser.add_argument("data_dir", type=Path, metavar="data-dir")
    parser.add_argument("ali_dir", type=Path, metavar="ali-dir")
    parser.add_argument("targets_dir", type=Path, metavar="targets-dir")
    args = parser.parse_args()
    if args.outputs_per_frame not in (1, 2, 4):
        raise ConfigError(f"--outputs-per-frame is {args.outputs_per_frame}, but must be 1, 2 or 4")
    return args


def read_lengths(folder: Path) -> dict[str, int]:
    """Utterance -> number of video frames, of a data directory. Raises DataError for an utterance without."""
    path = folder / LENGTHS
    lengths = read_table(path)
    utterances = DataDir(folder).utt2spk
    if missing := [utterance for utterance in utterances if utterance not in lengths]:
        raise DataError(path, f"has no line for utterance {missing[0]}, nor for {len(missing) - 1} others")
    for line, (utterance, value) in enumerate(lengths.items(), 1):
        if not value.isascii() or not value.isdigit():
            raise DataError(path, f"{utterance}: expected a number of video frames, found {value}", line)
    return {utterance: int(lengths[utterance]) for utterance in utterances}


def check_left_out(left_out: dict[str, str], num_utterances: int, most: int) -> None:
    """Raise CortadoError where there are more than `most`, or nothing is left."""
    if len(left_out) > most or len(left_out) == num_utterances:
        utterance, reason = next(iter(left_out.items()))
        reason = reason if reason.startswith("utterance ") else f"utterance {utterance} {reason}"
        raise CortadoError(
            f"{len(left_out)} of {num_utterances} utterances have no targets; {reason}; --max-left-out {len(left_out)} goes on without them"
        )


def write_targets(folder: Path, targets: dict[str, np.ndarray], num_classes: int) -> None:
    with ArkWriter(folder / "targets.ark", folder / "targets.scp") as writer:
        for utterance in sorted(targets):
            writer.write(utterance, targets[utterance])
    with atomic_write(folder / "num_classes") as out:
        out.write(f"{num_classes}\n")
    write_log_priors(folder / "priors", log_priors(targets.values(), num_classes))


if __name__ == "__main__":
    run(main)
