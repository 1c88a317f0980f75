#!/usr/bin/env python3
"""Find the motifs of singers: patterns that come back in the contours of what they sing. One job of steps/find_motifs.sh.

usage: find_motifs.py [options] <config> <data-dir> <motif-dir>

Reads contour.scp and utt2spk of <data-dir>, where utterances are recordings and speakers are singers. Writes into <motif-dir>:
  motifs       'singer motif support num_occurrences', a motif being its symbols with commas between
  occurrences  'motif recording start end', seconds
  motifs.yaml  the config, with what --set has changed
A singer's motifs are looked for in the singer's own recordings. With --dictionary, motifs are those found before, of all singers, and all
of them are looked for in every recording, as it must be where nobody is to know who sings; then there is no file `motifs`.

  find_motifs.py conf/motifs.yaml data/train exp/motifs/train
  find_motifs.py --dictionary exp/motifs/train exp/motifs/train/motifs.yaml data/test exp/motifs/test
"""

from argparse import Namespace
from pathlib import Path

from cortado.command import make_parser, run
from cortado.config import dump_yaml, load_config
from cortado.datadir import DataDir
from cortado.datadir.table import few
from cortado.errors import CortadoError
from cortado.files import atomic_write
from cortado.motifs.corpus import Contours, read_contours
from cortado.motifs.dictionary import MotifConfig, make_dictionaries
from cortado.motifs.dictionary_files import read_motifs, write_motifs, write_occurrences
from cortado.motifs.occurrences import Occurrence, find_occurrences


def main() -> None:
    args = parse_arguments()
    config, data_dir = load_config(MotifConfig, args.config, args.set), DataDir(args.data_dir)
    contours = read_contours(data_dir)
    if args.dictionary:
        occurrences = look_up(args, contours, config)
    else:
        motifs, occurrences = make_dictionaries(contours, config)
        write_motifs(args.motif_dir / "motifs", motifs)
        print(f"{len(motifs)} motifs of {len({motif.singer for motif in motifs})} singers")
    with atomic_write(args.motif_dir / "motifs.yaml") as out:
        out.write(dump_yaml(config))
    write_occurrences(args.motif_dir / "occurrences", occurrences)
    report(data_dir, occurrences)


def parse_arguments() -> Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--dictionary", type=Path, metavar="DIR", help="look for the motifs of this folder")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="set a key of the config (may be repeated)")
    parser.add_argument("config", help="YAML of the motifs, such as conf/motifs.yaml")
    parser.add_argument("data_dir", metavar="data-dir")
    parser.add_argument("motif_dir", type=Path, metavar="motif-dir")
    return parser.parse_args()


def look_up(args: Namespace, contours: Contours, config: MotifConfig) -> list[Occurrence]:
    patterns = {motif.pattern for motif in read_motifs(args.dictionary / "motifs")}
    found = find_occurrences(patterns, contours, config.max_gap, config.min_duration, config.first_per_phrase)
    if not found:
        raise CortadoError(
            f"none of the {len(patterns)} motifs of {args.dictionary} occurs in {args.data_dir}: find shorter ones, or those of less support"
        )
    return found


def report(data_dir: DataDir, occurrences: list[Occurrence]) -> None:
    """Say how many occurrences there are, and which recordings and singers have none."""
    recordings = {occurrence.recording for occurrence in occurrences}
    singers = {data_dir.utt2spk[recording] for recording in recordings}
    print(f"{len(occurrences)} occurrences in {len(recordings)} recordings")
    for what, every, present in (("recordings", data_dir.utt2spk.keys(), recordings), ("singers", data_dir.spk2utt.keys(), singers)):
        if without := sorted(every - present):
            print(f"no motif in {len(without)} of {len(every)} {what}: {few(without)}")


if __name__ == "__main__":
    run(main)
