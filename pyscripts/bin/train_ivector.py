#!/usr/bin/env python3
"""Train an i-vector system on the features of a data directory: a UBM with full covariances, then the total variability model.

usage: train_ivector.py [options] --config <config> <data-dir> <exp-dir>

The data directory has feats.scp, utt2num_frames and (unless the config says vad: false) vad.scp. The experiment directory gets
final.pt (UBM and extractor: all that extraction needs), config.yaml (every option resolved), info.json (size and cost), em.json
(the log-likelihood in each iteration) and ubm.pt. Each iteration of EM ends with a checkpoint, ubm.pt or extractor.pt: stopped or killed, the same
command continues there and ends with the same final.pt as an undisturbed run. A finished directory is left as it is; when
final.pt alone is removed, another extractor can be trained over the same UBM.

Baum-Welch statistics of all utterances are computed once and kept in <exp-dir>/stats until the end: 4 bytes times Gaussians
times (dimensions + 1) for each utterance.

Started as several ranks (torchrun, or a launcher's --ntasks), each has its share of the utterances. Another number of ranks
gives another rounding of the sums.

  train_ivector.py --config conf/ivector.yaml --set ubm.num_gauss=64 --set extractor.ivector_dim=50 data/train exp/ivector

Exit status: 75 after SIGTERM or SIGUSR1, which asks for the same command to be run again; 130 after SIGINT. The iteration in
hand is finished first; a second signal, more than a second later, ends the command at once.
"""

import shutil
import sys
from argparse import Namespace
from pathlib import Path

import torch

from cortado.command import make_parser, run
from cortado.config import dump_yaml, load_config
from cortado.datadir import DataDir
from cortado.distributed import from_first, rank, ranks, say, share, world_size
from cortado.files import atomic_write, write_json
from cortado.ivector.baum_welch import BaumWelch, StatsFile
from cortado.ivector.em import EmState, run_em
from cortado.ivector.extractor import Extractor
from cortado.ivector.extractor_training import ExtractorTraining
from cortado.ivector.frames import SpeechFrames, count_speech
from cortado.ivector.gmm import Gmm
from cortado.ivector.model_file import IvectorModel, identify, is_finished, save_model
from cortado.ivector.settings import IvectorConfig
from cortado.ivector.ubm import UbmTraining
from cortado.stop import Interrupted, stop_requests
from cortado.train.crops import ArkCrops, fingerprint


def parse_arguments() -> Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--config", required=True, metavar="YAML", help="the system, such as conf/ivector.yaml")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="set a key of the config; may be repeated")
    parser.add_argument("--seed", type=int, default=0, help="of what EM begins with: frames for the UBM, loadings (default 0)")
    parser.add_argument("--allow-missing", type=int, default=0, metavar="N", help="utterances without speech to go on without (default 0)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="cuda: each rank takes one GPU (default cpu)")
    parser.add_argument("--num-threads", type=int, default=1, help="threads of the arithmetic on the CPU, of each rank (default 1)")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("exp_dir", type=Path)
    return parser.parse_args()


class IvectorRun:
    """What each rank does; rank 0 alone writes."""

    def __init__(self, args: Namespace, device: torch.device, stop: list[int]):
        self.args, self.device, self.stop, self.exp_dir = args, device, stop, args.exp_dir
        self.stats_dir = self.exp_dir / "stats"
        self.config = load_config(IvectorConfig, args.config, args.set)
        self.frames = SpeechFrames(DataDir(args.data_dir), self.config.front_end)
        self.num_speech = count_speech(self.frames, args.allow_missing)
        data = from_first(lambda: fingerprint(ArkCrops(self.frames.data_dir)))
        common = dump_yaml(self.config.front_end), dump_yaml(self.config.ubm), str(args.seed), data, str(self.num_speech)
        self.ubm_identity = identify(*common)
        self.identity = identify(*common, dump_yaml(self.config.extractor))

    def train(self) -> None:
        """Raises Interrupted."""
        final = self.exp_dir / "final.pt"
        if not from_first(lambda: is_finished(final, self.identity)):
            say(f"{sum(self.num_speech.values())} speech frames of {len(self.num_speech)} utterances; {world_size()} ranks")
            ubm = self.train_ubm()
            extractor = self.train_extractor(Gmm(**ubm.model))
            if rank() == 0:
                self.write_results(ubm, extractor)
        if rank() == 0:
            self.clean_up()

    def train_ubm(self) -> EmState:
        training = UbmTraining(self.frames, list(self.num_speech), self.config.ubm, self.args.seed, self.device)
        return run_em(training, training.num_iterations, self.exp_dir / "ubm.pt", self.ubm_identity, self.stop)

    def train_extractor(self, ubm: Gmm) -> EmState:
        utterances, shape = list(self.num_speech), (ubm.num_gauss, self.frames.dim, self.config.extractor.ivector_dim)
        gibibytes = 4 * len(utterances) * ubm.num_gauss * (1 + self.frames.dim) / 2**30
        say(f"statistics of {len(utterances)} utterances: {gibibytes:.2f} GiB in {self.stats_dir}")
        mine = share(len(utterances))
        path = self.stats_dir / f"{self.identity}.{rank() + 1}of{world_size()}"
        stats = StatsFile(path, self.frames, utterances[mine.start : mine.stop], BaumWelch(ubm.to(self.device)))
        training = ExtractorTraining(stats, shape, self.args.seed, self.device)
        return run_em(training, self.config.extractor.iterations, self.exp_dir / "extractor.pt", self.identity, self.stop)

    def write_results(self, ubm: EmState, extractor: EmState) -> None:
        info = {
            "parameters": sum(tensor.numel() for tensor in (*ubm.model.values(), *extractor.model.values())),
            "num_gauss": len(ubm.model["weights"]),
            "utterances": len(self.num_speech),
            "seed": self.args.seed,
            "training_seconds": round(ubm.seconds + extractor.seconds, 1),
            "training_cpu_seconds": round(ubm.cpu_seconds + extractor.cpu_seconds, 1),
            "training_threads": self.args.num_threads,
            "training_ranks": world_size(),
            "device": self.args.device,
        }
        write_json(self.exp_dir / "info.json", info)
        write_json(self.exp_dir / "em.json", {"ubm_log_likes_per_frame": ubm.log_likes, "extractor_gains_per_frame": extractor.log_likes})
        with atomic_write(self.exp_dir / "config.yaml") as out:
            out.write(dump_yaml(self.config))
        model = IvectorModel(self.config, self.frames.feat_dim, self.identity, Gmm(**ubm.model), Extractor(**extractor.model))
        save_model(self.exp_dir / "final.pt", model)
        print(f"trained {info['num_gauss']} Gaussians and {info['parameters']:,} parameters in {info['training_seconds']:.0f} s")

    def clean_up(self) -> None:
        """Remove what a finished run needs no more, that of one killed at its very end, too."""
        (self.exp_dir / "extractor.pt").unlink(missing_ok=True)
        if self.stats_dir.exists():
            shutil.rmtree(self.stats_dir)


def main() -> int | None:
    args = parse_arguments()
    torch.set_num_threads(args.num_threads)
    with ranks(args.device) as device, stop_requests() as stop:
        try:
            IvectorRun(args, device, stop).train()
        except Interrupted as interrupted:
            if rank() == 0:
                print(interrupted, file=sys.stderr)
            return interrupted.exit_code


if __name__ == "__main__":
    run(main)
