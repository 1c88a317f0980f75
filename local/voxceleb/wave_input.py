#!/usr/bin/env python3
"""Print the override that lets a system train on crops of waveforms, augmented afresh each time, instead of on stored features.

steps/train_embedding.sh --overrides "$(local/voxceleb/wave_input.py conf/fbank40.yaml local/voxceleb/augment.yaml)" data/vox2 exp/x
"""

import json

from cortado.command import make_parser, run
from cortado.config import read_yaml


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("features", help="YAML of the features")
    parser.add_argument("augment", help="YAML of the perturbations")
    args = parser.parse_args()
    spec = {"class": "cortado.train.crops.WaveCrops", "features": read_yaml(args.features), "augment": read_yaml(args.augment)}
    print("input=" + json.dumps(spec, separators=(",", ":")))  # no blanks: they would separate overrides


if __name__ == "__main__":
    run(main)
