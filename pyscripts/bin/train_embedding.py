#!/usr/bin/env python3
"""Train a speaker-embedding network on the features (or waveforms) of a data directory.

    train_embedding.py --config conf/resnet.yaml data/train exp/resnet
    train_embedding.py --config conf/resnet.yaml --set training.epochs=5 --set pooling.class=cortado.nn.pooling.average.AveragePooling \\
        --seed 1 data/train exp/resnet_mean

The experiment directory gets final.pt (the model), config.yaml (every option resolved), speakers, info.json (size and
cost), train.jsonl and tensorboard/ (curves), and checkpoint.pt: stopped or killed, the same command continues there and
ends with the same final.pt as an undisturbed run. A finished directory is left as it is.
"""

import hashlib
import sys
from pathlib import Path

import torch

from cortado.command import make_parser, run
from cortado.config import dump_yaml, load_config
from cortado.datadir import DataDir
from cortado.errors import CortadoError
from cortado.files import atomic_write, write_json
from cortado.train import checkpoint
from cortado.train.crops import fingerprint
from cortado.train.loop import Interrupted, train
from cortado.train.model_file import save_model
from cortado.train.speaker import SpeakerConfig, SpeakerTask


def parse_arguments():
    parser = make_parser(__doc__)
    parser.add_argument("--config", required=True, metavar="YAML", help="the system: see conf/ of a recipe")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="set a key of the config; may be repeated")
    parser.add_argument("--seed", type=int, default=0, help="of the weights, the order of the data and the crops (default 0)")
    parser.add_argument("--valid", metavar="DATA-DIR", help="utterances of the training speakers, held out for validation")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    parser.add_argument("--num-threads", type=int, default=1, help="threads of the arithmetic on the CPU (default 1)")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("exp_dir", type=Path)
    return parser.parse_args()


def identify(task: SpeakerTask, seed: int) -> str:
    """A digest of all that determines the result: config, seed and data."""
    parts = [dump_yaml(task.config), str(seed), *task.speakers, fingerprint(task.crops), task.labels.tobytes().hex()]
    if task.valid is not None:
        parts.append(fingerprint(task.valid[0]))
    return hashlib.md5("\n".join(parts).encode(), usedforsecurity=False).hexdigest()


def is_finished(final: Path, identity: str) -> bool:
    if not final.exists():
        return False
    if checkpoint.load(final).get("identity") != identity:
        raise CortadoError(f"{final} was trained with another config, seed or data; remove {final.parent} or train into another directory")
    print(f"{final} is already there, trained with this very config, seed and data")
    return True


def main() -> int | None:
    args = parse_arguments()
    torch.set_num_threads(args.num_threads)
    config = load_config(SpeakerConfig, args.config, args.set)
    torch.manual_seed(args.seed)
    task = SpeakerTask(config, DataDir(args.data_dir), args.seed, valid=args.valid and DataDir(args.valid))
    identity = identify(task, args.seed)
    final = args.exp_dir / "final.pt"
    if is_finished(final, identity):
        return None
    num_parameters = sum(p.numel() for p in task.model["network"].parameters())
    print(f"{len(task.crops.utterances)} utterances of {len(task.speakers)} speakers; {num_parameters:,} parameters without the classifier")
    with atomic_write(args.exp_dir / "config.yaml") as out:
        out.write(dump_yaml(config))
    with atomic_write(args.exp_dir / "speakers") as out:
        out.writelines(f"{speaker} {i}\n" for i, speaker in enumerate(task.speakers))
    try:
        weights = train(task, config.training, args.exp_dir, identity, args.device)
    except Interrupted as stop:
        print(stop, file=sys.stderr)
        return stop.exit_code
    position = checkpoint.load(args.exp_dir / "checkpoint.pt")["position"]
    write_json(
        args.exp_dir / "info.json",
        {
            "parameters": num_parameters,
            "speakers": len(task.speakers),
            "utterances": len(task.crops.utterances),
            "updates": position["update"],
            "seed": args.seed,
            "training_seconds": round(position["seconds"], 1),
            "training_cpu_seconds": round(position["cpu_seconds"], 1),
            "training_threads": args.num_threads,
            "device": args.device,
        },
    )
    save_model(final, config, task.crops.feat_dim, task.speakers, identity, weights)
    print(f"trained {position['update']} updates in {position['seconds']:.0f} s; the model is {final}")
    return None


if __name__ == "__main__":
    run(main)
