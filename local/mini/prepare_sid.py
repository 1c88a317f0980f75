#!/usr/bin/env python3
"""Write the data directory of the mini singing corpus: an utterance is a recording, its speaker the singer.

It gets wav.scp, utt2spk, spk2utt, and f0_reference.scp: the exact pitch of each recording in Hz at every 256th sample, 0 where nothing is voiced.

Example: local/mini/prepare_sid.py data/corpus data/recordings
"""

from pathlib import Path

from prepare_speakers import REMEDY, existing, existing_text

from cortado.ark import read_scp
from cortado.command import make_parser, run
from cortado.datadir import utt2spk_to_spk2utt, write_table
from cortado.errors import DataError


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("corpus", type=Path, help="the folder that make_sid_corpus.py made")
    parser.add_argument("data", type=Path, help="the data directory")
    args = parser.parse_args()
    utt2spk = read_recordings(args.corpus / "RECORDINGS.TXT")
    spk2utt = utt2spk_to_spk2utt(utt2spk)
    write_table(args.data / "wav.scp", {name: existing(args.corpus / singer / f"{name}.flac") for name, singer in utt2spk.items()})
    write_table(args.data / "utt2spk", utt2spk)
    write_table(args.data / "spk2utt", {singer: " ".join(names) for singer, names in spk2utt.items()})
    write_table(args.data / "f0_reference.scp", read_references(args.corpus, spk2utt))
    print(f"{args.data}: {len(utt2spk)} recordings of {len(spk2utt)} SYNTHETIC singers")


def read_recordings(path: Path) -> dict[str, str]:
    """Recording -> singer. Raises DataError for a line that is something else."""
    utt2spk = {}
    for number, line in enumerate(existing_text(path).splitlines(), 1):
        if line.startswith(";"):
            continue
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 4 or not all(fields):
            raise DataError(path, "expected 'ID | SINGER | SONG | DAY'", number)
        utt2spk[fields[0]] = fields[1]
    return utt2spk


def read_references(corpus: Path, spk2utt: dict[str, list[str]]) -> dict[str, str]:
    """Recording -> where its pitch is. Raises DataError where a singer's recordings are others than RECORDINGS.TXT has."""
    references = {}
    for singer, names in spk2utt.items():
        own = read_scp(existing(corpus / singer / "f0.scp"))
        if sorted(own) != sorted(names):
            raise DataError(corpus / singer / "f0.scp", f"has {len(own)} recordings, RECORDINGS.TXT {len(names)} of {singer}; {REMEDY}")
        references.update(own)
    return references


if __name__ == "__main__":
    run(main)
