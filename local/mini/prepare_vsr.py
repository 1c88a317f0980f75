#!/usr/bin/env python3
"""Add video.scp, the film of each utterance, to the data directories train, dev and test that prepare_asr.py has written.

Example: local/mini/prepare_vsr.py data/films data
"""

from pathlib import Path

from prepare_asr import SUBSETS
from prepare_speakers import existing

from cortado.command import make_parser, run
from cortado.datadir import DataDir, write_table


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("films", type=Path, help="the folder that make_vsr_corpus.py made")
    parser.add_argument("data", type=Path, help="folder of the data directories")
    args = parser.parse_args()
    for subset in SUBSETS:
        utt2spk = DataDir(args.data / subset).utt2spk
        films = {utterance: existing(args.films / subset / speaker / f"{utterance}.mkv") for utterance, speaker in utt2spk.items()}
        write_table(args.data / subset / "video.scp", films)
        print(f"{args.data / subset}: {len(films)} SYNTHETIC films")


if __name__ == "__main__":
    run(main)
