#!/usr/bin/env python3
"""Write the data directories train and test of the mini speaker corpus, which is laid out like LibriSpeech.

Each gets wav.scp, utt2spk, spk2utt, text, spk2gender and utt2rec; there, a recording is a session, in which all
utterances share a microphone.

Example: local/mini/prepare_speakers.py data/corpus data
"""

from pathlib import Path

from cortado.command import make_parser, run
from cortado.datadir import read_table, utt2spk_to_spk2utt, write_table
from cortado.errors import DataError

REMEDY = "remove the folder and make the corpus again"


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("corpus", type=Path, help="the folder that make_speaker_corpus.py made")
    parser.add_argument("data", type=Path, help="folder of the data directories")
    args = parser.parse_args()
    for subset in ("train", "test"):
        tables = read_subset(args.corpus, subset)
        for name, rows in tables.items():
            write_table(args.data / subset / name, rows)
        print(f"{args.data / subset}: {len(tables['utt2spk'])} utterances of {len(tables['spk2utt'])} SYNTHETIC speakers")


def read_subset(corpus: Path, subset: str) -> dict[str, dict[str, str]]:
    """The tables of a data directory by name. Raises DataError where the corpus has more or less than it says."""
    tables: dict[str, dict[str, str]] = {name: {} for name in ("wav.scp", "utt2spk", "text", "utt2rec", "spk2gender")}
    for speaker, gender, count in read_speakers(corpus, subset):
        sessions = sorted((corpus / subset / speaker).glob("s*/*.trans.txt"))
        texts = {session: read_table(session) for session in sessions}
        found = sum(map(len, texts.values()))
        if found != count:
            raise DataError(corpus / subset / speaker, f"has {found} utterances, SPEAKERS.TXT says {count}; {REMEDY}")
        tables["spk2gender"][speaker] = gender
        for session, lines in texts.items():
            for utterance, text in lines.items():
                tables["wav.scp"][utterance] = existing(session.with_name(f"{utterance}.flac"))
                tables["utt2spk"][utterance] = speaker
                tables["text"][utterance] = text
                tables["utt2rec"][utterance] = f"{speaker}-{session.parent.name}"
    tables["spk2utt"] = {speaker: " ".join(names) for speaker, names in utt2spk_to_spk2utt(tables["utt2spk"]).items()}
    return tables


def read_speakers(corpus: Path, subset: str) -> list[tuple[str, str, int]]:
    """Name, gender (f or m) and number of utterances of each speaker of a subset, from SPEAKERS.TXT."""
    path, speakers = corpus / "SPEAKERS.TXT", []
    for number, line in enumerate(existing_text(path).splitlines(), 1):
        if line.startswith(";"):
            continue
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 5 or fields[1] not in ("F", "M") or not fields[3].isdigit():
            raise DataError(path, "expected 'ID | F or M | SUBSET | UTTERANCES | VOICE'", number)
        if fields[2] == subset:
            speakers.append((fields[0], fields[1].lower(), int(fields[3])))
    if not speakers:
        raise DataError(path, f"has no speaker of subset {subset}; {REMEDY}")
    return speakers


def existing_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror}") from None


def existing(path: Path) -> str:
    if not path.is_file():
        raise DataError(path, f"is missing; {REMEDY}")
    return str(path)


if __name__ == "__main__":
    run(main)
