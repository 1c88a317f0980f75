#!/usr/bin/env python3
"""Frame maps of utterances, of any length, from a model with cross attentive pooling: one job of steps/extract_maps.sh.

usage: extract_maps.py [options] <model> <data-dir> <out>

Writes <out>.ark and <out>.scp: one matrix for each line of feats.scp, what the trunk makes of its crops, one below the other;
<out>.md5 (of the values of each) and <out>.json (how to cut the matrices again). utt2num_frames gives the lengths.

Each utterance is computed by itself, so the maps do not depend on the number of jobs.

  extract_maps.py --job 2 --num-jobs 4 exp/fast_cap/final.pt data/test exp/fast_cap/test/maps.2of4
"""

import hashlib
from pathlib import Path

import numpy as np
import torch

from cortado.ark import ArkWriter
from cortado.command import add_job_options, make_parser, progress, run, share_of
from cortado.datadir import DataDir, write_table
from cortado.errors import ConfigError, CortadoError
from cortado.feats.windows import Windows
from cortado.files import file_digest
from cortado.score.maps import FORMAT, MapForm
from cortado.train.crops import ArkCrops, read_crop
from cortado.train.cross_attentive import load_cross_attentive


def parse_arguments():
    parser = make_parser(__doc__)
    add_job_options(parser)
    parser.add_argument("--num-crops", type=int, default=10, metavar="N", help="of each utterance (default 10)")
    parser.add_argument("--crop-frames", type=int, default=350, metavar="N", help="of each crop (default 350)")
    parser.add_argument("--compress", choices=["true", "false"], default="false", help="write two bytes a value")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    parser.add_argument("--num-threads", type=int, default=1, help="threads of the arithmetic on the CPU (default 1)")
    parser.add_argument("model", type=Path)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("out", help="path of the outputs, without their suffixes")
    args = parser.parse_args()
    if args.num_crops < 1 or args.crop_frames < 1:
        raise ConfigError(f"--num-crops {args.num_crops} and --crop-frames {args.crop_frames} must be at least 1")
    return args


class MapMaker:
    """Utterances of a data directory to maps of one form."""

    def __init__(self, args):
        self.network, self.feat_dim = load_cross_attentive(args.model, args.device)
        self.device = args.device
        self.crops = ArkCrops(DataDir(args.data_dir))
        map_frames, dim = self._map(np.zeros((1, args.crop_frames, self.feat_dim), np.float32)).shape[1:]
        self.form = MapForm(FORMAT, file_digest(args.model), args.num_crops, args.crop_frames, map_frames, dim)

    def __call__(self, index: int) -> np.ndarray:
        """The map of utterance `index`, (crops x frames, dim) float32. Raises CortadoError naming it for any that cannot be used."""
        utterance, num_frames, form = self.crops.utterances[index], int(self.crops.num_frames[index]), self.form
        features = read_crop(self.crops, index, 0, num_frames, np.random.default_rng(0))
        if features.shape[1] != self.feat_dim:
            raise CortadoError(f"utterance {utterance}: features are {features.shape}, the model was trained on {self.feat_dim} dimensions")
        try:
            maps = self._map(Windows(form.crop_frames, count=form.num_crops).cut(features))
        except CortadoError as error:
            raise CortadoError(f"utterance {utterance}: {error}") from None
        return maps.reshape(-1, form.dim)

    def _map(self, crops: np.ndarray) -> np.ndarray:
        """(crops, time, feat_dim) -> (crops, frames, dim) float32."""
        return self.network(torch.from_numpy(crops).to(self.device)).float().contiguous().cpu().numpy()


def main() -> None:
    args = parse_arguments()
    torch.set_num_threads(args.num_threads)
    with torch.inference_mode(), ArkWriter(f"{args.out}.ark", f"{args.out}.scp", compress=args.compress == "true") as out:
        make_map, md5s = MapMaker(args), {}
        mine = share_of(range(len(make_map.crops.utterances)), args)
        for index in progress(mine, len(mine), "utterances"):
            utterance, matrix = make_map.crops.utterances[index], make_map(index)
            out.write(utterance, matrix)
            md5s[utterance] = hashlib.md5(matrix, usedforsecurity=False).hexdigest()
    write_table(f"{args.out}.md5", md5s)
    make_map.form.write(f"{args.out}.json")
    print(f"maps of {len(mine)} utterances, {make_map.form.map_frames} frames x {make_map.form.dim} a crop, in {args.out}.ark")


if __name__ == "__main__":
    run(main)
