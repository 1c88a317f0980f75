#!/usr/bin/env python3
"""Write the data directory of VoxCeleb's training speakers: Vox1 dev, Vox2 dev, or both.

    local/voxceleb/prepare_train.py --train vox2 --vox2 /corpora/VoxCeleb2 data/vox2

VoxCeleb1 holds vox1_dev_wav/wav (or dev/wav), VoxCeleb2 dev/wav or dev/aac; below them lie SPEAKER/VIDEO/NNNNN.wav or .m4a.
AAC goes into wav.scp as a pipe through ffmpeg.
"""

from pathlib import Path

from corpus import find_folder, find_utterances, write_data_dir

from cortado.command import make_parser, run
from cortado.errors import CortadoError

PUBLISHED = {"vox1": (1211, 148_642), "vox2": (5994, 1_092_009)}  # speakers and utterances of the dev parts


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--train", required=True, choices=["vox1", "vox2", "both"], help="whose dev speakers to train on")
    parser.add_argument("--vox1", default="", metavar="DIR", help="folder of VoxCeleb1")
    parser.add_argument("--vox2", default="", metavar="DIR", help="folder of VoxCeleb2")
    parser.add_argument("--check-counts", choices=["true", "false"], default="true", help="refuse a part of the corpus (default true)")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    utterances = {}
    for corpus in PUBLISHED if args.train == "both" else [args.train]:
        folder = find_folder(getattr(args, corpus), f"{corpus} dev")
        found = find_utterances(folder)
        if args.check_counts == "true":
            check_counts(folder, len({utterance.speaker for utterance in found}), len(found), *PUBLISHED[corpus])
        utterances |= found
    write_data_dir(args.out, utterances)
    print(f"{args.out}: {len(utterances)} utterances of {len({utterance.speaker for utterance in utterances})} speakers")


def check_counts(folder: Path, speakers: int, utterances: int, all_speakers: int, all_utterances: int) -> None:
    if (speakers, utterances) != (all_speakers, all_utterances):
        raise CortadoError(
            f"{folder} holds {utterances} utterances of {speakers} speakers, published are {all_utterances} of {all_speakers}; "
            "complete it, or take what is there with --check-counts false"
        )


if __name__ == "__main__":
    run(main)
