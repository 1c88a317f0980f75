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

import hashlib
import sys
from argparse import Namespace
from pathlib import Path

import torch

from cortado.command import make_parser, run
from cortado.config import ClassSpec, dump_yaml, load_config
from cortado.datadir import DataDir
from cortado.distributed import from_first, rank, ranks, say, world_size
from cortado.errors import CortadoError
from cortado.files import atomic_write, file_digest, write_json
from cortado.stop import Interrupted
from cortado.train import checkpoint
from cortado.train.crops import fingerprint
from cortado.train.loop import train
from cortado.train.model_file import save_model, start_from
from cortado.train.speaker import SpeakerConfig, SpeakerTask


def parse_arguments() -> Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--config", required=True, metavar="YAML", help="the system: see conf/ of a recipe")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="set a key of the config; may be repeated")
    parser.add_argument("--seed", type=int, default=0, help="of the weights, the order of the data and the crops (default 0)")
    parser.add_argument("--init", type=Path, metavar="MODEL", help="a final.pt to start from")
    parser.add_argument("--valid", metavar="DATA-DIR", help="utterances of the training speakers, held out for validation")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="cuda: each rank takes one GPU (default cpu)")
    parser.add_argument("--num-threads", type=int, default=1, help="threads of the arithmetic on the CPU, of each rank (default 1)")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("exp_dir", type=Path)
    return parser.parse_args()


def identify(task: SpeakerTask, seed: int, init: Path | None) -> str:
    """A digest of all that determines the result: config, seed, data and the model it starts from."""
    parts = [dump_yaml(task.config), str(seed), *task.speakers, fingerprint(task.crops), task.labels.tobytes().hex()]
    if task.valid is not None:
        parts.append(fingerprint(task.valid.crops))
    if init is not None:
        parts.append(file_digest(init))
    return hashlib.md5("\n".join(parts).encode(), usedforsecurity=False).hexdigest()


def is_finished(final: Path, identity: str) -> bool:
    if not final.exists():
        return False
    if checkpoint.load(final).get("identity") != identity:
        raise CortadoError(
            f"{final} was trained with another config, seed or data, or from another model; remove {final.parent} or train elsewhere"
        )
    print(f"{final} is already there, trained with this very config, seed and data")
    return True


def write_descriptions(task: SpeakerTask, exp_dir: Path) -> None:
    with atomic_write(exp_dir / "config.yaml") as out:
        out.write(dump_yaml(task.config))
    with atomic_write(exp_dir / "speakers") as out:
        out.writelines(f"{speaker} {i}\n" for i, speaker in enumerate(task.speakers))


def write_results(task: SpeakerTask, args: Namespace, identity: str, weights: dict[str, torch.Tensor]) -> None:
    position = checkpoint.load(args.exp_dir / "checkpoint.pt")["position"]
    info = {
        "parameters": num_parameters(task),
        "speakers": len(task.speakers),
        "utterances": len(task.crops.utterances),
        "updates": position["update"],
        "seed": args.seed,
        "training_seconds": round(position["seconds"], 1),
        "training_cpu_seconds": round(position["cpu_seconds"], 1),
        "training_threads": args.num_threads,
        "training_ranks": world_size(),
        "device": args.device,
    }
    if args.init is not None:
        info["init"] = str(args.init)
    write_json(args.exp_dir / "info.json", info)
    final = args.exp_dir / "final.pt"
    save_model(final, task.config, task.crops.feat_dim, task.speakers, identity, weights)
    print(f"trained {position['update']} updates in {position['seconds']:.0f} s; the model is {final}")


def num_parameters(task: SpeakerTask) -> int:
    """Without the classifier."""
    return sum(p.numel() for p in task.model["network"].parameters())


def train_rank(args: Namespace, device: torch.device) -> int | None:
    """What each rank does; rank 0 alone writes. The exit status, the same on all ranks."""
    config = load_config(SpeakerConfig, args.config, args.set)
    torch.manual_seed(args.seed)
    task = ClassSpec(config.task).load()(config, DataDir(args.data_dir), args.seed, valid=args.valid and DataDir(args.valid))
    start = args.init and start_from(args.init, task)
    identity = from_first(lambda: identify(task, args.seed, args.init))
    if from_first(lambda: is_finished(args.exp_dir / "final.pt", identity)):
        return None
    say(
        f"{len(task.crops.utterances)} utterances of {len(task.speakers)} speakers; "
        f"{num_parameters(task):,} parameters without the classifier; {world_size()} ranks"
    )
    if start:
        say(start)
    if rank() == 0:
        write_descriptions(task, args.exp_dir)
    try:
        weights = train(task, config.training, args.exp_dir, identity, device)
    except Interrupted as stop:
        if rank() == 0:
            print(stop, file=sys.stderr)
        return stop.exit_code
    if rank() == 0:
        write_results(task, args, identity, weights)
    return None


def main() -> int | None:
    args = parse_arguments()
    torch.set_num_threads(args.num_threads)
    with ranks(args.device) as device:
        return train_rank(args, device)


if __name__ == "__main__":
    run(main)
