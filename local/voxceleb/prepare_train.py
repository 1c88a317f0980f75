#!/usr/bin/env python3
"""Write the data directory of VoxCeleb's training speakers: Vox1 dev, Vox2 dev, or both.

    local/voxceleb/prepare_train.py --train vox2 --vox2 /corpora/VoxCeleb2 data/vox2

VoxCeleb1 holds vox1_dev_wav/wav (or dev/wav), VoxCeleb2 dev/wav or dev/aac; below them lie SPEAKER/VIDEO/NNNNN.wav or .m4a.
AAC goes into wav.scp as a pipe through ffmpeg. --held-out keeps speakers out, at even distances through the sorted list, and writes them
to a directory of their own, for calibration.
"""

from collections.abc import Mapping
from pathlib import Path

from corpus import Utterance, find_folder, find_utterances, write_data_dir

from cortado.command import make_parser, run
from cortado.errors import CortadoError

PUBLISHED = {"vox1": (1211, 148_642), "vox2": (5994, 1_092_009)}  # speakers and utterances of the dev parts


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--train", required=True, choices=["vox1", "vox2", "both"], help="whose dev speakers to train on")
    parser.add_argument("--vox1", default="", metavar="DIR", help="folder of VoxCeleb1")
    parser.add_argument("--vox2", default="", metavar="DIR", help="folder of VoxCeleb2")
    parser.add_argument("--check-counts", choices=["true", "false"], default="true", help="refuse a part of the corpus (default true)")
    parser.add_argument("--held-out", type=int, default=0, metavar="N", help="speakers to keep out (default 0)")
    parser.add_argument("--held-out-dir", type=Path, metavar="DIR", help="where they are written")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    if args.held_out < 0 or (args.held_out and not args.held_out_dir):
        raise CortadoError(f"--held-out {args.held_out}: a number of speakers from 0 on, and with any --held-out-dir for them")
    utterances = {}
    for corpus in PUBLISHED if args.train == "both" else [args.train]:
        folder = find_folder(getattr(args, corpus), f"{corpus} dev")
        found = find_utterances(folder)
        if args.check_counts == "true":
            check_counts(folder, len({utterance.speaker for utterance in found}), len(found), *PUBLISHED[corpus])
        utterances |= found
    held_out = choose_speakers(utterances, args.held_out)
    write(args.out, {utterance: path for utterance, path in utterances.items() if utterance.speaker not in held_out})
    if held_out:
        write(args.held_out_dir, {utterance: path for utterance, path in utterances.items() if utterance.speaker in held_out})


def choose_speakers(utterances: Mapping[Utterance, Path], count: int) -> set[str]:
    """`count` speakers at even distances through the sorted list; raises CortadoError when fewer than two would be left."""
    speakers = sorted({utterance.speaker for utterance in utterances})
    if count > len(speakers) - 2:
        raise CortadoError(f"--held-out {count} of {len(speakers)} speakers leaves too few to train on")
    return {speakers[number * len(speakers) // count] for number in range(count)}


def write(folder: Path, utterances: Mapping[Utterance, Path]) -> None:
    write_data_dir(folder, utterances)
    print(f"{folder}: {len(utterances)} utterances of {len({utterance.speaker for utterance in utterances})} speakers")


def check_counts(folder: Path, speakers: int, utterances: int, all_speakers: int, all_utterances: int) -> None:
    if (speakers, utterances) != (all_speakers, all_utterances):
        raise CortadoError(
            f"{folder} holds {utterances} utterances of {speakers} speakers, published are {all_utterances} of {all_speakers}; "
            "complete it, or take what is there with --check-counts false"
        )


if __name__ == "__main__":
    run(main)
