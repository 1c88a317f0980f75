#!/usr/bin/env python3
"""Train a lip reader on the mouth clips of a data directory and a folder of targets: HMM states, or tokens for CTC.

    train_lips.py --config conf/stires3d.yaml --valid data/dev --valid-targets exp/tri3_ali_dev/targets data/train exp/tri3_ali/targets exp/stires3d
    train_lips.py --config conf/stires3d.yaml --set visual.omega=1 --set training.epochs=2 --seed 1 data/train exp/tri3_ali/targets exp/narrow

The data directory has lips.scp; the targets folder num_classes, and targets.scp (a class for each output of the network) or,
where the config's targets are cortado.train.token_targets.TokenTargets, tokens.scp. Clips without targets are left out and named.

The experiment directory gets final.pt (the model), config.yaml (every option resolved), info.json (size and cost), train.jsonl and
tensorboard/ (curves); priors, where the targets folder has such a file of HMM states: log priors of the network's posteriors, which are
those of the targets but for label smoothing, and what steps/decode.sh wants; and checkpoint.pt: stopped or killed, the same command
continues there and ends with the same final.pt as an undisturbed run. A finished directory is left as it is. The model is the mean of the
weights after the last training.average epochs; with training.patience, after those up to the one with the lowest loss on held-out clips.

--init MODEL starts from the weights of a trained model instead of random ones, with a learning-rate schedule of its own: all of them, or
all but the last layer's where its classes are others.

Started as several ranks (torchrun, or a launcher's --ntasks), each takes its share of every batch. Exit status: 75 after SIGTERM or
SIGUSR1 when at least one update was made and saved, which asks for the same command to be run again; 130 after SIGINT.
"""

from argparse import Namespace
from pathlib import Path

import numpy as np
import torch

from cortado.command import make_parser, run
from cortado.config import load_config
from cortado.datadir import DataDir
from cortado.distributed import from_first, ranks, say, world_size
from cortado.errors import ConfigError, DataError
from cortado.files import write_json
from cortado.hmm.class_priors import read_log_priors, write_log_priors
from cortado.train.experiment import add_training_options, identify, is_finished, run_training
from cortado.train.frame_targets import FrameTargets
from cortado.train.lip_model import save_lip_reader, start_from
from cortado.train.lips import LipConfig, LipTask, load_clips
from cortado.train.targets import Targets


def parse_arguments() -> Namespace:
    parser = make_parser(__doc__)
    add_training_options(parser)
    parser.add_argument("--valid", metavar="DATA-DIR", help="held-out clips, measured after each epoch")
    parser.add_argument("--valid-targets", metavar="FOLDER", help="their targets")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("targets", type=Path)
    parser.add_argument("exp_dir", type=Path)
    args = parser.parse_args()
    if (args.valid is None) != (args.valid_targets is None):
        raise ConfigError("--valid and --valid-targets go together")
    return args


def make_task(config: LipConfig, args: Namespace) -> LipTask:
    valid = load_clips(config, DataDir(args.valid), args.valid_targets) if args.valid else None
    return LipTask(config, load_clips(config, DataDir(args.data_dir), args.targets), args.seed, valid)


def read_priors(path: Path, targets: Targets) -> np.ndarray | None:
    """Log priors of the posteriors that the network will learn; None without the file. Raises DataError where it is of other classes."""
    if not isinstance(targets, FrameTargets) or not path.is_file():
        return None
    priors = read_log_priors(path)
    if len(priors) != targets.num_classes:
        raise DataError(path, f"has priors of {len(priors)} classes, the targets beside it have {targets.num_classes}")
    return np.log(targets.smoothed(np.exp(priors)))


def train_rank(args: Namespace, device: torch.device) -> int | None:
    """What each rank does; rank 0 alone writes. The exit status, the same on all ranks."""
    config = load_config(LipConfig, args.config, args.set)
    torch.manual_seed(args.seed)
    task = make_task(config, args)
    priors = read_priors(args.targets / "priors", task.data.targets)
    start = args.init and start_from(args.init, task)
    parts = [part for part in (task.data, task.valid) if part is not None]
    identity = from_first(lambda: identify(config, args.seed, [part.fingerprint() for part in parts], args.init))
    if from_first(lambda: is_finished(args.exp_dir / "final.pt", identity)):
        return None
    sizes = {
        "parameters": sum(p.numel() for p in task.model.parameters()),
        "visual_parameters": sum(p.numel() for p in task.model.visual.parameters()),
        "classes": task.num_classes,
        "clips": len(task.data),
        "frames": int(task.data.lengths.sum()),
    }
    say(
        f"{sizes['clips']} clips, {sizes['frames']} frames, {sizes['classes']} classes; {sizes['parameters']:,} parameters, "
        f"{sizes['visual_parameters']:,} of them in the visual module; {world_size()} ranks"
    )
    if start:
        say(start)

    def write_results(weights: dict[str, torch.Tensor], cost: dict) -> None:
        init = {} if args.init is None else {"init": str(args.init)}
        write_json(args.exp_dir / "info.json", {**sizes, "seed": args.seed, **cost, **init})
        if priors is not None:
            write_log_priors(args.exp_dir / "priors", priors)
        save_lip_reader(args.exp_dir / "final.pt", task, identity, weights)

    return run_training(task, config, args.exp_dir, identity, device, write_results)


def main() -> int | None:
    args = parse_arguments()
    torch.set_num_threads(args.num_threads)
    with ranks(args.device) as device:
        return train_rank(args, device)


if __name__ == "__main__":
    run(main)
