#!/usr/bin/env python3
"""Make the features of all utterances of a data directory: one job of steps/make_feats.sh.

usage: compute_feats.py [options] <config> <data-dir> <out>

Writes <out>.ark and <out>.scp, the tables <out>.utt2num_frames, <out>.utt2dur and <out>.feats.md5 (of the values of each
matrix), and <out>.frame_shift (in seconds).
Audio that gives no features (unreadable, empty, too short, of another sampling rate, with NaN or infinite samples) is named
and counted, and so is clipped audio, which gives some. If after the last utterance more are bad than --allow-missing, the
command ends with status 1 and nothing is written.

  compute_feats.py conf/fbank.yaml data/train/split4utt/1 data/train/data/raw_fbank_train.1of4
"""

import hashlib
import sys
from collections import Counter
from collections.abc import Iterator

import numpy as np
import torch

from cortado.ark import ArkWriter
from cortado.command import make_parser, progress, run
from cortado.config import load_config
from cortado.datadir import DataDir, write_table
from cortado.datadir.audio import iterate_utterances
from cortado.errors import CortadoError, DataError
from cortado.feats import Augmenter, Extractor, change_speed, load_extractor, resample, utterance_rng
from cortado.feats.screening import Fault, find_clipping, find_fault
from cortado.files import atomic_write


def parse_arguments():
    parser = make_parser(__doc__)
    parser.add_argument("config", help="YAML of the features, such as conf/fbank.yaml")
    parser.add_argument("data_dir")
    parser.add_argument("out", help="path of the outputs, without their suffixes")
    parser.add_argument("--compress", choices=["true", "false"], default="false", help="write two bytes a value")
    parser.add_argument("--augment", metavar="YAML", help="perturb each waveform as this file says, such as conf/augment.yaml")
    parser.add_argument("--seed", type=int, default=0, help="seed of augmentation and dither (default 0)")
    parser.add_argument("--speed", type=float, default=1.0, metavar="FACTOR", help="play each waveform this much faster (default 1.0)")
    parser.add_argument("--allow-resample", choices=["true", "false"], default="false", help="convert audio of another sampling rate")
    parser.add_argument("--allow-missing", type=int, default=0, metavar="N", help="bad utterances to go on without (default 0)")
    args = parser.parse_args()
    if not 0.1 <= args.speed <= 10:
        raise CortadoError(f"--speed is a factor from 0.1 to 10, not {args.speed}")
    if args.seed < 0 or args.allow_missing < 0:
        raise CortadoError("--seed and --allow-missing are 0 or more")
    return args


class Screen:
    """The utterances of a data directory that features can be made of; what is wrong with the others, said and counted."""

    def __init__(self, data_dir: DataDir, **conditions):
        self.data_dir, self.conditions = data_dir, conditions
        self.counts: Counter[str] = Counter()

    def __iter__(self) -> Iterator[tuple[str, np.ndarray, int]]:
        for utterance, samples, rate in iterate_utterances(self.data_dir, self._unreadable):
            fault = find_fault(samples, rate, **self.conditions)
            warning = None if fault else find_clipping(samples)
            if fault or warning:
                self._say(utterance, self._audio_of(utterance), fault or warning)
            if not fault:
                yield utterance, samples, rate

    @property
    def num_bad(self) -> int:
        return self.counts.total() - self.counts["clipped"]

    def summary(self) -> str:
        return ", ".join(f"{count} {kind}" for kind, count in sorted(self.counts.items())) or "none bad, none clipped"

    def _unreadable(self, utterance: str, error: DataError) -> None:
        self._say(utterance, error.path, Fault("unreadable", error.reason))

    def _audio_of(self, utterance: str) -> str:
        has_segments = self.data_dir.has("segments")
        return self.data_dir.wav_scp[self.data_dir.segments[utterance].recording if has_segments else utterance]

    def _say(self, utterance: str, audio: str, fault: Fault) -> None:
        self.counts[fault.kind] += 1
        print(f"{fault.kind}: utterance {utterance}: {audio}: {fault.reason}", file=sys.stderr, flush=True)


def compute(
    utterances, extractor: Extractor, speed: float, augment: Augmenter | None, seed: int
) -> Iterator[tuple[str, np.ndarray, float]]:
    """(utterance, features, seconds) of each (utterance, samples, rate). What is random follows from seed and utterance alone."""
    for utterance, samples, rate in utterances:
        rng = utterance_rng(seed, utterance)
        samples = change_speed(resample(samples, rate, extractor.sample_frequency), speed)
        if augment:
            samples = augment(samples, int(extractor.sample_frequency), rng)
        feats = extractor(torch.from_numpy(samples), rng)
        yield utterance, feats.numpy(), len(samples) / extractor.sample_frequency


def main() -> None:
    args = parse_arguments()
    extractor, data_dir = load_extractor(args.config), DataDir(args.data_dir)
    augment = load_config(Augmenter, args.augment) if args.augment else None
    screen = Screen(data_dir, extractor=extractor, allow_resample=args.allow_resample == "true", speed=args.speed)
    total = len(data_dir.utterances)
    utt2num_frames, utt2dur, md5s = {}, {}, {}
    with ArkWriter(f"{args.out}.ark", f"{args.out}.scp", compress=args.compress == "true") as writer:
        good = progress(screen, total, "utterances")
        for utterance, feats, seconds in compute(good, extractor, args.speed, augment, args.seed):
            writer.write(utterance, feats)
            utt2num_frames[utterance], utt2dur[utterance] = len(feats), round(seconds, 6)
            md5s[utterance] = hashlib.md5(feats, usedforsecurity=False).hexdigest()
        print(f"features of {len(utt2dur)} of {total} utterances; {screen.summary()}", file=sys.stderr)
        if screen.num_bad > args.allow_missing:
            raise CortadoError(
                f"{screen.num_bad} of {total} utterances of {args.data_dir} give no features, named above: mend or remove them, "
                f"or allow for them with --allow-missing (now {args.allow_missing})"
            )
    write_table(f"{args.out}.utt2num_frames", utt2num_frames)
    write_table(f"{args.out}.utt2dur", utt2dur)
    write_table(f"{args.out}.feats.md5", md5s)
    with atomic_write(f"{args.out}.frame_shift") as out:
        out.write(f"{extractor.window_shift / extractor.sample_frequency:g}\n")


if __name__ == "__main__":
    run(main)
