#!/usr/bin/env python3
"""Train a speaker-embedding network on the features (or waveforms) of a data directory.

    train_embedding.py --config conf/resnet.yaml data/train exp/resnet
    train_embedding.py --config conf/resnet.yaml --set training.epochs=5 --set pooling.class=cortado.nn.pooling.average.AveragePooling \\
        --seed 1 data/train exp/resnet_mean

The experiment directory gets final.pt (the model), config.yaml (every option resolved), speakers, info.json (size and
cost), train.jsonl and tensorboard/ (curves), and checkpoint.pt: stopped or killed, the same command continues there and
ends with the same final.pt as an undisturbed run. A finished directory is left as it is.

--init MODEL starts from the weights of a trained model instead of random ones, with a learning-rate schedule of its own: the
network's, which must be the config's, and the classifier's where the speakers are the same (large-margin fine-tuning, say):

    train_embedding.py --config conf/resnet.yaml --init exp/resnet/final.pt --set loss.margin=0.5 --set crops.frames=[600,600] \\
        --set margin_ramp=0 --set training.epochs=2 --set training.optimiser.lr=1e-4 data/train exp/resnet_large_margin

Started as several ranks (torchrun, or a launcher's --ntasks), each takes its share of every batch: training.batch_size stays
the size of the whole. A run may be continued with another number of ranks.

Exit status: 75 after SIGTERM or SIGUSR1 when at least one update was made and saved, which asks for the same command to be
run again; 130 after SIGINT. A second signal, more than a second later, ends it at once with 128 + the signal's number.
"""

from argparse import Namespace
from pathlib import Path

import torch

from cortado.command import make_parser, run
from cortado.config import ClassSpec, load_config
from cortado.datadir import DataDir
from cortado.distributed import from_first, rank, ranks, say, world_size
from cortado.files import atomic_write, write_json
from cortado.train.crops import fingerprint
from cortado.train.experiment import add_training_options, identify, is_finished, run_training
from cortado.train.model_file import save_model, start_from
from cortado.train.speaker import SpeakerConfig, SpeakerTask


def parse_arguments() -> Namespace:
    parser = make_parser(__doc__)
    add_training_options(parser)
    parser.add_argument("--valid", metavar="DATA-DIR", help="utterances of the training speakers, held out for validation")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("exp_dir", type=Path)
    return parser.parse_args()


def describe_data(task: SpeakerTask) -> list[str]:
    """What, of the data, determines the result."""
    parts = [*task.speakers, fingerprint(task.crops), task.labels.tobytes().hex()]
    return parts if task.valid is None else [*parts, fingerprint(task.valid.crops)]


def write_speakers(task: SpeakerTask, exp_dir: Path) -> None:
    with atomic_write(exp_dir / "speakers") as out:
        out.writelines(f"{speaker} {i}\n" for i, speaker in enumerate(task.speakers))


def num_parameters(task: SpeakerTask) -> int:
    """Without the classifier."""
    return sum(p.numel() for p in task.model["network"].parameters())


def train_rank(args: Namespace, device: torch.device) -> int | None:
    """What each rank does; rank 0 alone writes. The exit status, the same on all ranks."""
    config = load_config(SpeakerConfig, args.config, args.set)
    torch.manual_seed(args.seed)
    task = ClassSpec(config.task).load()(config, DataDir(args.data_dir), args.seed, valid=args.valid and DataDir(args.valid))
    start = args.init and start_from(args.init, task)
    identity = from_first(lambda: identify(config, args.seed, describe_data(task), args.init))
    if from_first(lambda: is_finished(args.exp_dir / "final.pt", identity)):
        return None
    say(
        f"{len(task.crops.utterances)} utterances of {len(task.speakers)} speakers; "
        f"{num_parameters(task):,} parameters without the classifier; {world_size()} ranks"
    )
    if start:
        say(start)
    if rank() == 0:
        write_speakers(task, args.exp_dir)

    def write_results(weights: dict[str, torch.Tensor], cost: dict) -> None:
        sizes = {"parameters": num_parameters(task), "speakers": len(task.speakers), "utterances": len(task.crops.utterances)}
        init = {} if args.init is None else {"init": str(args.init)}
        write_json(args.exp_dir / "info.json", {**sizes, "seed": args.seed, **cost, **init})
        save_model(args.exp_dir / "final.pt", config, task.crops.feat_dim, task.speakers, identity, weights)

    return run_training(task, config, args.exp_dir, identity, device, write_results)


def main() -> int | None:
    args = parse_arguments()
    torch.set_num_threads(args.num_threads)
    with ranks(args.device) as device:
        return train_rank(args, device)


if __name__ == "__main__":
    run(main)
