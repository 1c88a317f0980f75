#!/usr/bin/env python3
"""Write noise.scp, speech.scp and rir.scp, tables for the augmenter, from MUSAN and RIRS_NOISES as they are unpacked.

    local/voxceleb/prepare_noises.py --musan /corpora/musan --rirs /corpora/RIRS_NOISES data/noises

Noises are MUSAN's noise and music; of its speech, the augmenter makes babble. Impulse responses are the simulated ones of small and
medium rooms.
"""

import glob
from pathlib import Path

from cortado.command import make_parser, run
from cortado.datadir import write_table
from cortado.errors import CortadoError


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--musan", required=True, help="folder of MUSAN: noise, music and speech")
    parser.add_argument("--rirs", required=True, help="folder of RIRS_NOISES: simulated_rirs and others")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    write_scp(args.out / "noise.scp", "--musan", args.musan, ["noise", "music"])
    write_scp(args.out / "speech.scp", "--musan", args.musan, ["speech"])
    write_scp(args.out / "rir.scp", "--rirs", args.rirs, ["simulated_rirs/smallroom", "simulated_rirs/mediumroom"])


def write_scp(path: Path, option: str, corpus: str, folders: list[str]) -> None:
    """A table of all FOLDER/*/*.wav. Raises CortadoError where one of the folders has none."""
    recordings = {}
    for folder in folders:
        found = glob.glob(f"{folder}/*/*.wav", root_dir=corpus)  # noqa: PTH207 wants names below the corpus
        if not corpus or not found:
            raise CortadoError(f"{option} '{corpus}': no {folder}/*/*.wav below it; it is needed for augmentation (--waves true)")
        recordings |= {name.removesuffix(".wav").replace("/", "-"): (Path(corpus) / name).absolute() for name in found}
    write_table(path, recordings)
    print(f"{path}: {len(recordings)} recordings")


if __name__ == "__main__":
    run(main)
