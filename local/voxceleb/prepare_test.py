#!/usr/bin/env python3
"""Write the data directory of VoxCeleb1's trial lists, and the lists as trials_<list> in it.

    local/voxceleb/prepare_test.py --vox1 /corpora/VoxCeleb1 --lists "O O-cleaned" --train-data data/vox1 data/test

O, E and H are veri_test.txt, list_test_all.txt and list_test_hard.txt; O-cleaned and so on are those with a 2 in their names. Their lines
are '1|0 SPEAKER/VIDEO/NNNNN.wav SPEAKER/VIDEO/NNNNN.wav'. Refused are lists of another length than the published ones, labels that
contradict the speakers, utterances that are not there, and test speakers who are in the training data. A pair that a list gives
several times is one trial. The data directory holds the utterances of all the lists together.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from corpus import Utterance, find_folder, parse_recording, write_data_dir

from cortado.command import make_parser, run
from cortado.datadir import DataDir
from cortado.datadir.table import read_text
from cortado.datadir.trials import Trials, write_trials
from cortado.errors import CortadoError, DataError
from cortado.files import file_digest

MD5SUMS = Path(__file__).with_name("md5sums")


class PublishedList(NamedTuple):
    """has_dev_speakers: of Vox1 dev too, not of its 40 test speakers alone."""

    file: str
    num_trials: int
    has_dev_speakers: bool


LISTS = {
    "O": PublishedList("veri_test.txt", 37_720, False),
    "O-cleaned": PublishedList("veri_test2.txt", 37_611, False),
    "E": PublishedList("list_test_all.txt", 581_480, True),
    "E-cleaned": PublishedList("list_test_all2.txt", 579_818, True),
    "H": PublishedList("list_test_hard.txt", 552_536, True),
    "H-cleaned": PublishedList("list_test_hard2.txt", 550_894, True),
}


class Line(NamedTuple):
    """A trial, and where the list has it."""

    number: int
    is_target: bool
    paths: tuple[str, str]
    utterances: tuple[Utterance, Utterance]


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--vox1", default="", metavar="DIR", help="folder of VoxCeleb1")
    parser.add_argument("--lists-dir", type=Path, metavar="DIR", help="folder of the lists (that of VoxCeleb1)")
    parser.add_argument("--lists", required=True, metavar="'A B'", help=f"of {' '.join(LISTS)}")
    parser.add_argument("--train-data", required=True, metavar="DIR", help="data directory trained on, whose speakers must not occur")
    parser.add_argument("--check-counts", choices=["true", "false"], default="true", help="refuse shorter lists (default true)")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    names = args.lists.split()
    unknown = [name for name in names if name not in LISTS]
    if unknown or not names:
        raise CortadoError(f"--lists '{args.lists}': expected some of {' '.join(LISTS)}")
    folders = [find_folder(args.vox1, "vox1 test")]
    if any(LISTS[name].has_dev_speakers for name in names):
        folders.append(find_folder(args.vox1, "vox1 dev"))
    train_speakers = set(DataDir(args.train_data).utt2spk.values())
    utterances: dict[Utterance, Path] = {}
    for name in names:
        path = (args.lists_dir or Path(args.vox1)) / LISTS[name].file
        lines = list(read_lines(path))
        if args.check_counts == "true":
            check_published(path, len(lines), LISTS[name].num_trials)
        refuse_train_speakers(path, lines, train_speakers, args.train_data)
        find_recordings(path, lines, folders, utterances)
        write_list(args.out / f"trials_{name}", lines)
    write_data_dir(args.out, utterances)
    print(f"{args.out}: {len(utterances)} utterances of {len({utterance.speaker for utterance in utterances})} speakers")


def read_lines(path: Path) -> Iterator[Line]:
    """The trials of a published list. Raises DataError with the line for one of another form and for a label that cannot be true."""
    for number, line in enumerate(read_text(path).splitlines(), 1):
        label, *paths = line.split() or [""]
        utterances = tuple(filter(None, map(parse_recording, paths)))
        if label not in ("0", "1") or not len(paths) == len(utterances) == 2:
            raise DataError(path, f"expected '1|0 SPEAKER/VIDEO/NNNNN.wav SPEAKER/VIDEO/NNNNN.wav', found '{line}'", number)
        first, second = utterances
        if (first.speaker == second.speaker) != (label == "1"):
            raise DataError(
                path, f"{label} says {'one speaker' if label == '1' else 'two speakers'}, the names say otherwise: {line}", number
            )
        yield Line(number, label == "1", tuple(paths), utterances)


def check_published(path: Path, num_trials: int, published: int) -> None:
    """Refuse another number of trials; the same number with other bytes may be an honest new edition, and is said."""
    if num_trials != published:
        raise DataError(path, f"has {num_trials} trials, the published list has {published}; --check-counts false takes it nevertheless")
    md5 = dict(reversed(line.split()) for line in MD5SUMS.read_text(encoding="utf-8").splitlines())[path.name]
    if file_digest(path) != md5:
        print(
            f"{Path(sys.argv[0]).name}: warning: {path} is not the list known: its MD5 sum is {file_digest(path)}, not {md5}",
            file=sys.stderr,
        )


def refuse_train_speakers(path: Path, lines: list[Line], train_speakers: set[str], train_data: str) -> None:
    for line in lines:
        for utterance in line.utterances:
            if utterance.speaker in train_speakers:
                raise DataError(
                    path,
                    f"{utterance.speaker} is a training speaker in {train_data}; lists E and H hold all of Vox1, so they are for training "
                    "on vox2 alone",
                    line.number,
                )


def find_recordings(path: Path, lines: list[Line], folders: list[Path], found: dict[Utterance, Path]) -> None:
    """Add the file of each utterance in the lines to `found`."""
    for line in lines:
        for utterance, recording in zip(line.utterances, line.paths, strict=True):
            if utterance in found:
                continue
            here = [folder / recording for folder in folders if (folder / recording).is_file()]
            if not here:
                raise DataError(path, f"names {recording}, which is not in {' or '.join(map(str, folders))}", line.number)
            found[utterance] = here[0]


def write_list(path: Path, lines: list[Line]) -> None:
    trials = {(first.name, second.name): line.is_target for line in lines for first, second in [line.utterances]}
    enrol, test = zip(*trials, strict=True)
    write_trials(path, Trials(list(enrol), list(test), np.array(list(trials.values()), dtype=bool)))
    repeated = f"; {len(lines) - len(trials)} lines repeat a pair" if len(trials) < len(lines) else ""
    print(f"{path}: {len(trials)} trials{repeated}")


if __name__ == "__main__":
    run(main)
